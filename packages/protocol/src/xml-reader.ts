import { canonicalNamespace } from './namespaces.ts'
import { BadRequestError } from './rvp-error.ts'
import { isXmlCharacter, isXmlText, ncNamePattern } from './xml-characters.ts'
import type { XmlAttribute, XmlElement } from './xml-element.ts'

/** How much of a document we are ready to take apart; its size is the caller's to bound. */
export interface XmlLimits {
  /** Elements inside each other. */
  readonly depth: number
  readonly elements: number
  /** Attributes of one element, declarations of namespaces included. */
  readonly attributes: number
  /** Attributes in the whole document. */
  readonly allAttributes: number
  /** Declarations of namespaces in force at one place, and the length of a namespace's name. */
  readonly namespaces: number
  readonly namespaceLength: number
}

/** Room for the largest contact list we keep (1,000 contacts), and ten times what any real client sends. */
export const defaultXmlLimits: XmlLimits = {
  depth: 32,
  elements: 4000,
  attributes: 32,
  allAttributes: 8000,
  namespaces: 32,
  namespaceLength: 256,
}

/**
 * Reads one XML 1.0 document with namespaces. Strict about well-formedness, and stricter than XML where that is safer:
 * no document type, so no entity but the five predefined ones. Takes linear time. Throws BadRequestError, which says
 * what is wrong and where but repeats nothing of the text.
 *
 * NOTE: line ends stay as they are, although XML 1.0 §2.11 turns CRLF into LF: a MIME payload in a CDATA section needs its
 * CRLF (client-facts §1.8).
 */
export function parseXml(text: string, limits: XmlLimits = defaultXmlLimits): XmlElement {
  return new XmlReader(text, limits).document()
}

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'
const declaration =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[A-Za-z][A-Za-z0-9._-]*"|'[A-Za-z][A-Za-z0-9._-]*'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/y
const reference = /&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));|&/g
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const qualifiedName = new RegExp(`${ncNamePattern}(?::${ncNamePattern})?`, 'uy')

/** 1: may begin a name, 2: may go on in one; for ASCII, the colon apart. */
const nameClass = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return /[A-Za-z_]/.test(character) ? 1 : /[-.0-9]/.test(character) ? 2 : 0
})

const noAttributes: readonly XmlAttribute[] = []
const noChildren: readonly (XmlElement | string)[] = []

const exclamation = 0x21
const quote = 0x22
const apostrophe = 0x27
const slash = 0x2f
const colon = 0x3a
const less = 0x3c
const equals = 0x3d
const greater = 0x3e
const question = 0x3f

interface RawAttribute {
  readonly prefix: string
  readonly name: string
  readonly value: string
}

// NOTE: this runs for every request; docs/adr/0002-own-xml-reader.md has the measurements. Each indexOf either finds
// something that is then consumed, or ends the parse: that keeps it linear.
class XmlReader {
  readonly #text: string
  readonly #limits: XmlLimits
  #at = 0
  #elements = 0
  #attributes = 0
  /** Length of the prefix of the name read last; -1 when it has none. */
  #colonAt = -1
  /** Namespaces in force, innermost last. */
  readonly #prefixes: string[] = []
  readonly #namespaces: string[] = []

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
  }

  document(): XmlElement {
    if (!isXmlText(this.#text)) this.#fail('a character that XML does not have')
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1
    declaration.lastIndex = this.#at
    if (this.#text.startsWith('<?xml', this.#at) && declaration.test(this.#text)) this.#at = declaration.lastIndex
    this.#misc()
    if (this.#text.charCodeAt(this.#at) !== less) this.#fail('no root element')
    const root = this.#element(1)
    this.#misc()
    if (this.#at < this.#text.length) this.#fail('something after the root element')
    return root
  }

  /** Comments, processing instructions and white space around the root. */
  #misc(): void {
    for (;;) {
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#at) !== less) return
      const next = this.#text.charCodeAt(this.#at + 1)
      if (next === question) this.#instruction()
      else if (next === exclamation) this.#comment()
      else return
    }
  }

  #element(depth: number): XmlElement {
    if (depth > this.#limits.depth) this.#fail('too many elements inside each other')
    if (++this.#elements > this.#limits.elements) this.#fail('too many elements')
    this.#at++
    const scope = this.#prefixes.length
    const tag = this.#name()
    const colonAt = this.#colonAt
    const attributes = this.#attributeList(scope)
    const ns = this.#namespaceOf(colonAt < 0 ? '' : tag.slice(0, colonAt))
    const name = colonAt < 0 ? tag : tag.slice(colonAt + 1)
    let children = noChildren
    if (this.#text.charCodeAt(this.#at) === slash) {
      if (this.#text.charCodeAt(this.#at + 1) !== greater) this.#fail('a tag that is not closed')
      this.#at += 2
    } else {
      this.#at++
      children = this.#content(tag, depth)
    }
    if (this.#prefixes.length > scope) this.#prefixes.length = this.#namespaces.length = scope
    return { ns, name, attributes, children }
  }

  /** Reads up to the `>` or `/` that ends a start tag. */
  #attributeList(scope: number): readonly XmlAttribute[] {
    const raw: RawAttribute[] = []
    for (let count = 0; ; count++) {
      const before = this.#at
      const code = this.#skipSpace()
      if (code === greater || code === slash) break
      if (this.#at === before) this.#fail('a tag that is not closed')
      if (count === this.#limits.attributes || ++this.#attributes > this.#limits.allAttributes) {
        this.#fail('too many attributes')
      }
      const name = this.#name()
      const colonAt = this.#colonAt
      const prefix = colonAt < 0 ? '' : name.slice(0, colonAt)
      const local = colonAt < 0 ? name : name.slice(colonAt + 1)
      const value = this.#attributeValue()
      if (prefix === 'xmlns') this.#declare(local, value, scope)
      else if (name === 'xmlns') this.#declare('', value, scope)
      else raw.push({ prefix, name: local, value })
    }
    return raw.length > 0 ? this.#resolveAttributes(raw) : noAttributes
  }

  #resolveAttributes(raw: readonly RawAttribute[]): readonly XmlAttribute[] {
    const resolved: XmlAttribute[] = []
    for (const { prefix, name, value } of raw) {
      const ns = prefix === '' ? '' : this.#namespaceOf(prefix)
      if (resolved.some((other) => other.name === name && other.ns === ns)) this.#fail('an attribute given twice')
      resolved.push({ ns, name, value })
    }
    return resolved
  }

  #declare(prefix: string, uri: string, scope: number): void {
    if (this.#prefixes.includes(prefix, scope)) this.#fail('an attribute given twice')
    if (prefix === 'xml' ? uri !== xmlNamespace : uri === xmlNamespace) this.#fail('a misuse of the prefix xml')
    if (prefix === 'xmlns' || uri === xmlnsNamespace) this.#fail('a misuse of the prefix xmlns')
    if (prefix !== '' && uri === '') this.#fail('a prefix without a namespace')
    if (uri.length > this.#limits.namespaceLength) this.#fail('the name of a namespace is too long')
    if (this.#prefixes.length === this.#limits.namespaces) this.#fail('too many namespaces')
    this.#prefixes.push(prefix)
    this.#namespaces.push(canonicalNamespace(uri))
  }

  #namespaceOf(prefix: string): string {
    for (let index = this.#prefixes.length - 1; index >= 0; index--) {
      if (this.#prefixes[index] === prefix) return this.#namespaces[index] ?? ''
    }
    if (prefix === '') return ''
    return prefix === 'xml' ? xmlNamespace : this.#fail('a prefix that is not declared')
  }

  #attributeValue(): string {
    if (this.#skipSpace() !== equals) this.#fail('an attribute without a value')
    this.#at++
    const delimiter = this.#skipSpace()
    if (delimiter !== quote && delimiter !== apostrophe) this.#fail('an attribute without a value')
    const start = this.#at + 1
    const end = this.#text.indexOf(delimiter === quote ? '"' : "'", start)
    if (end < 0) this.#fail('an attribute that is not closed')
    const raw = this.#text.slice(start, end)
    if (raw.includes('<')) this.#fail('a < in an attribute')
    this.#at = end + 1
    // White space in an attribute is a blank (XML 1.0 §3.3.3), unless it was written as a reference.
    return this.#decode(raw.replace(/\r\n|[\t\n\r]/g, ' '))
  }

  /** Reads up to the end of the end tag `</tag>`. */
  #content(tag: string, depth: number): readonly (XmlElement | string)[] {
    const text = this.#text
    const children: (XmlElement | string)[] = []
    for (;;) {
      const start = this.#at
      const end = text.indexOf('<', start)
      if (end < 0) this.#fail('an element that is not closed')
      this.#at = end
      if (end > start) {
        const run = text.slice(start, end)
        if (run.includes(']]>')) this.#fail(']]> in text')
        children.push(this.#decode(run))
      }
      const next = text.charCodeAt(end + 1)
      if (next === slash) {
        this.#endTag(tag)
        return children.length > 0 ? children : noChildren
      }
      if (next === question) this.#instruction()
      else if (next !== exclamation) children.push(this.#element(depth + 1))
      else if (!text.startsWith('<![CDATA[', end)) this.#comment()
      else {
        const section = this.#upTo(']]>', end + '<![CDATA['.length, 'a CDATA section that is not closed')
        if (section !== '') children.push(section)
      }
    }
  }

  #endTag(tag: string): void {
    if (!this.#text.startsWith(tag, this.#at + 2)) this.#fail('an end tag that fits no start tag')
    this.#at += 2 + tag.length
    if (this.#skipSpace() !== greater) this.#fail('an end tag that fits no start tag')
    this.#at++
  }

  #comment(): void {
    if (!this.#text.startsWith('<!--', this.#at)) this.#fail('a declaration; document types are not taken')
    this.#upTo('--', this.#at + 4, 'a comment that is not closed')
    if (this.#text.charCodeAt(this.#at) !== greater) this.#fail('-- in a comment')
    this.#at++
  }

  #instruction(): void {
    this.#at += 2
    const target = this.#name()
    if (this.#colonAt >= 0 || target.toLowerCase() === 'xml') this.#fail('a bad processing instruction')
    const start = this.#at
    if (this.#skipSpace() !== question && this.#at === start) this.#fail('a bad processing instruction')
    this.#upTo('?>', this.#at, 'a processing instruction that is not closed')
    // `<?name?>` may have no space, but `<?name?data?>` may not do without it.
    if (this.#at > start + 2 && this.#text.charCodeAt(start) === question) this.#fail('a bad processing instruction')
  }

  /** Consumes text from `start` up to and including `end`; returns what is before `end`. */
  #upTo(end: string, start: number, complaint: string): string {
    const found = this.#text.indexOf(end, start)
    if (found < 0) this.#fail(complaint)
    this.#at = found + end.length
    return this.#text.slice(start, found)
  }

  /** Reads a name with at most one colon, and notes where that is. */
  #name(): string {
    const text = this.#text
    const start = this.#at
    let at = start
    this.#colonAt = -1
    let code = text.charCodeAt(at)
    if (code < 128 && nameClass[code] !== 1) this.#fail('a bad name')
    while (code < 128) {
      if (code === colon) {
        if (this.#colonAt >= 0) this.#fail('a bad name')
        this.#colonAt = at - start
        code = text.charCodeAt(++at)
        if (code < 128 && nameClass[code] !== 1) this.#fail('a bad name')
        continue
      }
      if (nameClass[code] === 0) break
      code = text.charCodeAt(++at)
    }
    if (code >= 128) return this.#unicodeName()
    if (at === start) this.#fail('a bad name')
    this.#at = at
    return text.slice(start, at)
  }

  #unicodeName(): string {
    qualifiedName.lastIndex = this.#at
    const name = qualifiedName.exec(this.#text)?.[0] ?? this.#fail('a bad name')
    this.#colonAt = name.indexOf(':')
    this.#at += name.length
    return name
  }

  /** Goes to the next character that is no white space, and returns its code (NaN at the end). */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code
      this.#at++
    }
  }

  #decode(raw: string): string {
    if (!raw.includes('&')) return raw
    return raw.replace(reference, (_, hex?: string, decimal?: string, entity?: string) => {
      if (entity !== undefined) return entities[entity] ?? ''
      const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16)
      return isXmlCharacter(code) ? String.fromCodePoint(code) : this.#fail('a bad reference')
    })
  }

  #fail(what: string): never {
    throw new BadRequestError(`bad XML at character ${this.#at}: ${what}`)
  }
}

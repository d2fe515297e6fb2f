import { detached } from './detached-text.ts'
import { rootPrefix, rvpNamespace } from './namespaces.ts'
import { isPresenceState } from './presence-state.ts'
import { PayloadTooLargeError } from './rvp-error.ts'
import { isXmlSpace, toXmlText } from './xml-characters.ts'
import type { XmlElement } from './xml-element.ts'

// NOTE: > is escaped so that ]]> cannot come about. Nearly all text has none of these characters: hence the test first.
const specialInText = /[&<>\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]/
const specialInAttribute = /[&<>"\x00-\x1f\ufffe\uffff\ud800-\udfff]/
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** `text` as the content of an element; characters that XML does not have are left out. */
export function escapeText(text: string): string {
  if (!specialInText.test(text)) return text
  return toXmlText(text).replace(/[&<>]/g, (character) => escapes[character] ?? '')
}

/** `text` as the content of an attribute in double quotes. */
export function escapeAttribute(text: string): string {
  if (!specialInAttribute.test(text)) return text
  return toXmlText(text).replace(/[&<>"\t\n\r]/g, (character) => escapes[character] ?? '')
}

/** `text` as CDATA, the only form of a message's text that Miranda reads (client-facts §3.2); `]]>` is split. */
export function cdata(text: string): string {
  return `<![CDATA[${toXmlText(text).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
}

/** Prefixes in force, by namespace, besides those that every root declares. */
type Scope = ReadonlyMap<string, string>

const maxCanonicalLength = 400_000
const noScope: Scope = new Map()
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

/**
 * Writes an element in canonical form, for use inside a root of ours: prefixes `d`, `r` and `a`, any other namespace
 * declared where it is needed, no white space between elements, nothing self-closed but states (client-facts §5, 14, 15).
 * Throws PayloadTooLargeError beyond 400,000 characters.
 */
export function elementXml(element: XmlElement): string {
  const parts: string[] = []
  writeElement(element, noScope, parts)
  return joined(parts)
}

/**
 * Writes what is inside a property's element in canonical form. A namespace of the property's own has the prefix `p`,
 * which `propertyXml` declares. Throws PayloadTooLargeError beyond 400,000 characters.
 */
export function innerXml(property: XmlElement): string {
  const parts: string[] = []
  writeChildren(property, isForeign(property.ns) ? new Map([[property.ns, 'p']]) : noScope, parts)
  return joined(parts)
}

/** NOTE: each element may declare a long namespace anew, so that a small document could become a large one. */
function joined(parts: readonly string[]): string {
  const xml = parts.join('')
  if (xml.length > maxCanonicalLength) throw new PayloadTooLargeError('XML is too large in its canonical form')
  return detached(xml)
}

export function isForeign(namespace: string): boolean {
  return namespace !== '' && namespace !== xmlNamespace && rootPrefix(namespace) === undefined
}

function writeElement(element: XmlElement, outer: Scope, parts: string[]): void {
  const { scope, declarations } = declare(element, outer)
  const tag = qualified(element.ns, element.name, scope)
  parts.push('<', tag, declarations)
  for (const { ns, name, value } of element.attributes) {
    parts.push(' ', qualified(ns, name, scope), '="', escapeAttribute(value), '"')
  }
  if (element.children.length === 0 && element.ns === rvpNamespace && isPresenceState(element.name)) {
    parts.push('/>')
    return
  }
  parts.push('>')
  writeChildren(element, scope, parts)
  parts.push('</', tag, '>')
}

function writeChildren(parent: XmlElement, scope: Scope, parts: string[]): void {
  const mixed = parent.children.some((child) => typeof child !== 'string')
  for (const child of parent.children) {
    if (typeof child !== 'string') writeElement(child, scope, parts)
    else if (!mixed || !isXmlSpace(child)) parts.push(escapeText(child))
  }
}

/** Gives each namespace that is new at `element` a prefix. */
function declare(element: XmlElement, outer: Scope): { scope: Scope; declarations: string } {
  let scope = outer
  let declarations = ''
  for (const { ns } of [element, ...element.attributes]) {
    if (!isForeign(ns) || scope.has(ns)) continue
    const prefix = `n${scope.size + 1}`
    scope = new Map([...scope, [ns, prefix]])
    declarations += ` xmlns:${prefix}="${escapeAttribute(ns)}"`
  }
  return { scope, declarations }
}

function qualified(ns: string, name: string, scope: Scope): string {
  if (ns === '') return name
  if (ns === xmlNamespace) return `xml:${name}`
  return `${rootPrefix(ns) ?? scope.get(ns)}:${name}`
}

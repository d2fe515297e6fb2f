import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { BadRequestError, canonicalNamespace, defaultXmlLimits, parseXml, type XmlElement } from '../src/index.ts'

interface Tree {
  readonly ns: string
  readonly name: string
  readonly attributes: readonly string[]
  readonly children: (Tree | string)[]
}

/** What saxes makes of a document; undefined when it refuses it. */
function oracle(text: string): Tree | undefined {
  const parser = new SaxesParser({ xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' })
  const top: Tree = { ns: '', name: '', attributes: [], children: [] }
  const open = [top]
  let bad = false
  const addText = (run: string) => open.at(-1)?.children.push(run)
  parser.on('error', () => {
    bad = true
  })
  parser.on('opentag', ({ uri, local, attributes }) => {
    const own = Object.values(attributes).filter(({ uri: ns }) => ns !== 'http://www.w3.org/2000/xmlns/')
    const element: Tree = {
      ns: uri,
      name: local,
      attributes: own.map((attribute) => `{${attribute.uri}}${attribute.local}=${attribute.value}`),
      children: [],
    }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => {
    open.pop()
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(text).close()
  const root = top.children.find((child) => typeof child !== 'string')
  return bad || root === undefined ? undefined : merged(root)
}

/** What the reader makes of it, in the same shape. */
function subject(text: string): Tree | undefined {
  try {
    return merged(treeOf(parseXml(text, { ...defaultXmlLimits, depth: 200, namespaceLength: 10_000 })))
  } catch (error) {
    if (error instanceof BadRequestError) return undefined
    throw error
  }
}

function treeOf({ ns, name, attributes, children }: XmlElement): Tree {
  return {
    ns,
    name,
    attributes: attributes.map((attribute) => `{${attribute.ns.trim()}}${attribute.name}=${attribute.value}`),
    children: children.map((child) => (typeof child === 'string' ? child : treeOf(child))),
  }
}

/** Neighbouring strings made one: how text is cut in pieces is nobody's business. */
function merged(tree: Tree): Tree {
  const children: (Tree | string)[] = []
  for (const child of tree.children) {
    const last = children.at(-1)
    if (typeof child !== 'string') children.push(merged(child))
    else if (typeof last === 'string') children[children.length - 1] = last + child
    else if (child !== '') children.push(child)
  }
  return { ...tree, ns: canonicalNamespace(tree.ns.trim()), children }
}

/**
 * Document types, which the reader refuses on purpose; and what saxes wrongly takes: lone surrogates, names such as `d:1`,
 * and instructions such as `<?a?b?>`.
 */
const stricter = /<!DOCTYPE|:[-.0-9\u00b7]|<\?[^?]*\?[^>]/

/** saxes cuts white space (of JavaScript's kind) off the names of namespaces; XML does not. */
const blankNamespace = /=\s*["']\s+["']/

/** Both agree on whether `text` is a document, and on what it says, but that the reader keeps CRLF. */
function agree(text: string): void {
  const found = subject(text)
  if (found === undefined && (stricter.test(text) || !text.isWellFormed())) return
  const expected = oracle(text)
  if (expected === undefined && blankNamespace.test(text)) return
  expect(found === undefined ? 'refused' : 'taken').toBe(expected === undefined ? 'refused' : 'taken')
  if (!text.includes('\r')) expect(found).toEqual(expected)
  else expect(subject(text.replace(/\r\n?/g, '\n'))).toEqual(expected)
}

const name = fc.constantFrom('a', 'b', 'state', 'x-y', '_z', 'é', 'a.1', '\u{10000}q')
const prefix = fc.constantFrom('', '', 'd:', 'r:', 'p:', 'xml:')
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('x', ' ', '\n', '\r', '\t', '>', "'", '"', ']', 'é', '\u{1f600}', '-', '?') }),
  fc.constantFrom('&lt;', '&#65;', '&#x1F600;', '&#13;', '&amp;', '&quot;', '&apos;', '&gt;', '&#xD;&#10;'),
)
const attribute = fc
  .tuple(prefix, name, fc.constantFrom('"', "'"), text, fc.constantFrom('=', ' = ', '\n=\t'))
  .map(([ns, local, mark, value, equals]) => ` ${ns}${local}${equals}${mark}${value.replaceAll(mark, '')}${mark}`)
const declaration = fc
  .tuple(fc.constantFrom('xmlns', 'xmlns:d', 'xmlns:r', 'xmlns:p'), fc.constantFrom('DAV:', 'urn:x', 'urn:y', ''))
  .map(([key, uri]) => ` ${key}="${uri}"`)
const junk = fc.oneof(
  text.map((inner) => `<!--${inner}-->`),
  text.map((inner) => `<?pi ${inner}?>`),
  text.map((inner) => `<![CDATA[${inner}]]>`),
)
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(prefix, name, fc.array(fc.oneof(attribute, declaration), { maxLength: 3 }), tie('content'), fc.boolean())
    .map(([ns, local, attributes, content, closed]) =>
      closed && content === ''
        ? `<${ns}${local}${attributes.join('')} />`
        : `<${ns}${local}${attributes.join('')}>${content}</${ns}${local} >`,
    ),
  content: fc
    .array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, junk, tie('element')), { maxLength: 4 })
    .map((parts) => parts.join('')),
}))
const wellFormed = fc
  .tuple(
    fc.constantFrom(
      '',
      '\ufeff',
      '<?xml version="1.0"?>',
      "<?xml version='1.0' encoding='utf-8' standalone='no' ?>\r\n",
    ),
    element,
    fc.constantFrom('', ' ', '\n<!-- end -->', '<?end?>'),
  )
  .map(([head, root, tail]) => `${head}<o xmlns:d="DAV:" xmlns:r="urn:r" xmlns:p="urn:p">${root}</o>${tail}`)

const token = fc.constantFrom(
  ...[
    '<',
    '>',
    '/',
    '</',
    '/>',
    '<a',
    '<d:a',
    'a',
    'd',
    ':',
    '=',
    '"',
    "'",
    ' ',
    '\n',
    '\r',
    '&',
    ';',
    '#',
    'x',
    '1',
    '-',
  ],
  ...[
    'xmlns',
    'xmlns:',
    'xml',
    '&lt;',
    '&#',
    '<!',
    '<!--',
    '--',
    '-->',
    '<![CDATA[',
    ']]',
    ']]>',
    '<?',
    '?>',
    '?',
    '!',
  ],
  ...[
    '<!DOCTYPE a>',
    '\0',
    '\ufffe',
    '\ud800',
    'é',
    '\u00b7',
    '\u{10000}',
    '.',
    '<?xml version="1.0"?>',
    '\ufeff',
    'DAV:',
  ],
)

describe('XML reader beside saxes', () => {
  it('agrees on generated documents', () => {
    fc.assert(fc.property(wellFormed, agree), { numRuns: 1500 })
  })

  it('agrees on documents with a few pieces replaced', () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 3 }), token)
    fc.assert(
      fc.property(wellFormed, fc.array(edit, { minLength: 1, maxLength: 3 }), (document, edits) => {
        agree(
          edits.reduce((mutated, [at, cut, piece]) => {
            const start = at % (mutated.length + 1)
            return mutated.slice(0, start) + piece + mutated.slice(start + cut)
          }, document),
        )
      }),
      { numRuns: 4000 },
    )
  })

  it('agrees on heaps of markup', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), fc.boolean(), (tokens, bare) => {
        agree(bare ? tokens.join('') : `<a xmlns:d="DAV:">${tokens.join('')}</a>`)
      }),
      { numRuns: 4000 },
    )
  })
})

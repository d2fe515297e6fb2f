import fc from 'fast-check'

/** A request as a well-behaved client means it. */
export interface MeantRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  /** How many bytes go into each chunk; none for a body with a length. */
  readonly chunks: readonly number[] | undefined
}

const letters = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const lower = 'abcdefghijklmnopqrstuvwxyz'
const tokenAlphabet = `${lower}${lower.toUpperCase()}0123456789!#$%&'*+-.^_\`|~`
const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('')

/** Methods that Node's parser knows too. */
const method = fc.constantFrom(
  'NOTIFY',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'PROPFIND',
  'PROPPATCH',
  'ACL',
  'GET',
  'POST',
  'OPTIONS',
)
const target = fc.oneof(
  letters(visible.replace('#', ''), 0, 40).map((rest) => `/${rest}`),
  letters(`${lower}0123456789.-`, 1, 20).map((host) => `http://a${host}a/instmsg/aliases/bob`),
)
// "x-" keeps the names clear of those that mean something to the parser.
const name = letters(tokenAlphabet, 0, 12).map((rest) => `x-${rest}`)
const value = letters(`${visible} \t\u00e9\u00ff`, 0, 40).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''))

/** Requests that every reader of HTTP/1.1 must take in the same way. */
export const meantRequest: fc.Arbitrary<MeantRequest> = fc.record({
  method,
  target,
  headers: fc.array(fc.tuple(name, value), { maxLength: 8 }),
  body: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 200 }),
  chunks: fc.option(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), { nil: undefined }),
})

/** The request on the wire, as latin1 text. */
export function onWire({ method, target, headers, body, chunks }: MeantRequest, lineEnd = '\r\n'): string {
  const framing = chunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: im.example.com',
    ...headers.map((pair) => pair.join(': ')),
    framing,
  ]
  return lines.join(lineEnd) + lineEnd + lineEnd + (chunks ? chunked(body, chunks) : body)
}

function chunked(body: string, sizes: readonly number[]): string {
  let text = ''
  let at = 0
  for (const size of [...sizes, body.length]) {
    const piece = body.slice(at, at + size)
    if (piece !== '') text += `${piece.length.toString(16)}\r\n${piece}\r\n`
    at += piece.length
  }
  return `${text}0\r\n\r\n`
}

/** `text` cut at the given places, which are taken modulo its length. */
export function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((place, index) => text.slice(place, sorted[index] ?? text.length))
}

/** One small damage to a text. */
export interface Damage {
  readonly place: number
  readonly kind: 'insert' | 'delete' | 'replace' | 'repeat'
  readonly text: string
}

const nasty = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '\x0b',
  '\x7f',
  '\x85',
  '0',
  '"',
  '\r\n ',
  'Content-Length: 1\r\n',
]
const nastier = ['Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: x\r\n', 'Host: b\r\n', 'HTTP/1.1', '\n\n', '/']

export const damage: fc.Arbitrary<Damage> = fc.record({
  place: fc.nat(10_000),
  kind: fc.constantFrom('insert', 'delete', 'replace', 'repeat'),
  text: fc.constantFrom(...nasty, ...nastier),
})

/** `text` with the damage done to it, nowhere before `from`. */
export function damaged(text: string, { place, kind, text: piece }: Damage, from = 0): string {
  const at = from + (place % (text.length - from))
  switch (kind) {
    case 'insert':
      return text.slice(0, at) + piece + text.slice(at)
    case 'delete':
      return text.slice(0, at) + text.slice(at + piece.length)
    case 'replace':
      return text.slice(0, at) + piece + text.slice(at + piece.length)
    case 'repeat':
      return text.slice(0, at) + text.slice(Math.max(from, at - 30))
  }
}

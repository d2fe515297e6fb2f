import { hash } from 'node:crypto'

/** A Digest answer as the client sent it; without `qop` it is RFC 2069's (RFC 2617 §3.2.2, client-facts §5, 36). */
export interface DigestAnswer {
  /** Escapes undone, so `DOMAIN\user` whether the client escaped its backslash or not (client-facts §5, 37). */
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  /** In lower case. */
  readonly response: string
  readonly qop?: DigestQop | undefined
}

/** What an answer with `qop="auth"` adds; the texts are hashed as they were sent. */
export interface DigestQop {
  readonly nc: string
  readonly cnonce: string
}

const maxLength = 4096
const maxParameters = 24

/**
 * Reads what follows `Digest ` in an Authorization header, in linear time. Undefined for anything that cannot be an answer
 * to our challenge: broken syntax, a parameter missing or given twice, another algorithm than MD5, another qop than auth.
 */
export function parseDigestAnswer(text: string): DigestAnswer | undefined {
  const found = parseParameters(text)
  if (!found) return undefined
  const [username, realm, nonce, uri, response, algorithm, qop, nc, cnonce] = found
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined
  if (response === undefined || response.length !== 32) return undefined
  if (algorithm !== undefined && algorithm.toLowerCase() !== 'md5') return undefined
  const answer = { username, realm, nonce, uri, response: response.toLowerCase() }
  if (qop === undefined) return answer
  // NOTE: the hash covers qop as sent, and no client sends another spelling than ours.
  if (qop !== 'auth' || cnonce === undefined || nc === undefined || !ncPattern.test(nc)) return undefined
  return { ...answer, qop: { nc, cnonce } }
}

/** The response that fits an HA1 (RFC 2617 §3.2.2.1; RFC 2069 §2.1.2 without qop). */
export function digestResponse(ha1: string, { nonce, uri, qop }: DigestAnswer, method: string): string {
  const ha2 = hash('md5', `${method}:${uri}`)
  return hash('md5', qop ? `${ha1}:${nonce}:${qop.nc}:${qop.cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`)
}

const ncPattern = /^[0-9A-Fa-f]{1,8}$/

/** Where `parseParameters` puts what it finds. */
const slots: ReadonlyMap<string, number> = new Map(
  ['username', 'realm', 'nonce', 'uri', 'response', 'algorithm', 'qop', 'nc', 'cnonce'].map((name, slot) => [
    name,
    slot,
  ]),
)

/** The values by their slots; parameters of other names are skipped. */
function parseParameters(text: string): (string | undefined)[] | undefined {
  if (text.length > maxLength) return undefined
  const found = new Array<string | undefined>(slots.size).fill(undefined)
  let at = 0
  for (let count = 0; ; count++) {
    while (isSeparator(text.charCodeAt(at))) at++
    if (at === text.length) return found
    const equals = text.indexOf('=', at)
    if (equals < 0 || count === maxParameters) return undefined
    const name = text.slice(at, equals)
    at = equals + 1
    while (text.charCodeAt(at) === space) at++
    const quoted = text.charCodeAt(at) === quote
    const end = quoted ? closingQuote(text, ++at) : endOfToken(text, at)
    if (end < 0) return undefined
    const slot = slots.get(name) ?? slots.get(name.trimEnd().toLowerCase())
    if (slot !== undefined) {
      if (found[slot] !== undefined) return undefined
      const value = text.slice(at, end)
      found[slot] = quoted && value.includes('\\') ? value.replace(escapedPair, '$1') : value
    }
    at = quoted ? end + 1 : end
  }
}

const space = 0x20
const quote = 0x22
const comma = 0x2c
const backslash = 0x5c

// NOTE: a lone backslash is itself: `DOMAIN\user` comes unescaped from every classic client.
const escapedPair = /\\(["\\])/g

function isSeparator(code: number): boolean {
  return code === comma || code === space || code === 0x09
}

function endOfToken(text: string, from: number): number {
  let end = from
  while (end < text.length && !isSeparator(text.charCodeAt(end))) end++
  return end
}

/** Where the quoted text that starts at `from` ends, or -1. */
function closingQuote(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (end - slashes > from && text.charCodeAt(end - slashes - 1) === backslash) slashes++
    if (slashes % 2 === 0) return end
  }
  return -1
}

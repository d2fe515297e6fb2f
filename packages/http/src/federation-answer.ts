import { header, parseXml, UnavailableError, type XmlLimits, xmlContentType } from '@parley/protocol'
import { bodyText } from './body-text.ts'
import type { RvpResponse } from './rvp-exchange.ts'

const xmlType = /^(?:text|application)\/xml(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i
const textType = /^text\/plain(?:\s*;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?)?\s*$/i

/** Room for the subscriptions of a large group; the answer's size is bounded where it comes in. */
const answerLimits: XmlLimits = {
  depth: 32,
  elements: 100_000,
  attributes: 32,
  allAttributes: 200_000,
  namespaces: 32,
  namespaceLength: 256,
}
const otherEncoding = /^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])/i

/** What headers of another domain's answer our clients get, and how their values look. */
const passed: readonly (readonly [name: string, form: RegExp])[] = [
  [header.subscriptionId, /^[0-9]{1,10}$/],
  [header.subscriptionLifetime, /^[0-9]{1,10}$/],
  [header.retryAfter, /^[0-9]{1,6}$/],
]

/**
 * What our client gets of another IM domain's answer: its status, a few headers, and a body that is XML or text. Throws
 * UnavailableError for an answer that would make the client go or sign in somewhere else, and for XML that cannot be read.
 */
export function federatedAnswer(answer: {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}): RvpResponse {
  const { status, body } = answer
  const isFinal = (status >= 200 && status < 300) || (status >= 400 && status < 600)
  // NOTE: a redirect would lead our client, and its address, out of our IM domain (promise 6); a challenge would ask for its
  // password.
  if (!isFinal || status === 401 || status === 407 || status === 421) {
    throw new UnavailableError('the other IM domain does not serve us', { detail: `it answers ${status}` })
  }
  const field = (name: string): string | undefined =>
    answer.headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1].trim()
  const headers = passed.flatMap(([name, form]): [string, string][] => {
    const value = field(name)
    return value !== undefined && form.test(value) ? [[name, value]] : []
  })
  const type = field(header.contentType) ?? ''
  if (body.length === 0) return { status, headers }
  if (xmlType.test(type))
    return { status, headers: [...headers, [header.contentType, xmlContentType]], body: readable(body) }
  if (!textType.test(type)) return { status, headers }
  return { status, headers: [...headers, [header.contentType, 'text/plain; charset=utf-8']], body }
}

/** NOTE: classic clients take document types, and other encodings in which to hide them. */
function readable(body: Uint8Array): Uint8Array {
  const text = bodyText(body)
  try {
    parseXml(text, answerLimits)
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : 'no XML', cause)
  }
  if (otherEncoding.test(text)) throw unreadable('it declares another encoding than UTF-8')
  return Buffer.from(text)
}

function unreadable(detail: string, cause?: unknown): UnavailableError {
  return new UnavailableError('the other IM domain answers what nobody can read', { detail, cause })
}

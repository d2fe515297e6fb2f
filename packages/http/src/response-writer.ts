import { header, notificationsVersion, reasonPhrase } from '@parley/protocol'
import type { HttpResponse } from './http-message.ts'

/** What an answer says of the connection: it closes, an HTTP/1.0 peer is told that it stays open, or nothing. */
export type ConnectionWord = 'close' | 'keep-alive' | ''

const nameForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Not in a field value: with CR or LF in it, one answer would read as two. */
const forbiddenInValue = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * The head of an answer, names spelled as given; `bodyLength` is undefined for an answer without an end. Throws when a status,
 * a name or a value cannot go on the wire as it is, which is a mistake of the handler.
 */
export function responseHead(response: HttpResponse, bodyLength: number | undefined, word: ConnectionWord): string {
  const { status } = response
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new TypeError(`not a final status: ${status}`)
  let head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`
  for (const [name, value] of response.headers) {
    if (!nameForm.test(name) || isOurs(name))
      throw new TypeError(`not a header name that an answer may give: ${JSON.stringify(name)}`)
    if (forbiddenInValue.test(value)) throw new TypeError(`control character in the value of ${name}`)
    head += `${name}: ${value}\r\n`
  }
  if (bodyLength !== undefined) head += `Content-Length: ${bodyLength}\r\n`
  return word === '' ? `${head}\r\n` : `${head}Connection: ${word}\r\n\r\n`
}

/** An answer of the listener itself: a reason in plain text, no body without one. */
export function plainResponse(status: number, reason?: string): HttpResponse {
  const version = [header.notificationsVersion, notificationsVersion] as const
  if (reason === undefined) return { status, headers: [version] }
  return { status, headers: [version, [header.contentType, 'text/plain; charset=utf-8']], body: `${reason}\n` }
}

/** Whether only the listener writes this header. */
function isOurs(name: string): boolean {
  switch (name.length) {
    case 10:
      return name.toLowerCase() === 'connection'
    case 14:
      return name.toLowerCase() === 'content-length'
    case 17:
      return name.toLowerCase() === 'transfer-encoding'
    default:
      return false
  }
}

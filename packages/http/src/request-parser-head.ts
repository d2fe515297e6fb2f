import { FlatHeaders } from './http-headers.ts'
import { RequestRefusedError } from './request-refused-error.ts'

/** How the end of a body is known: its length, or the chunks' own end. */
export type BodyLength = number | 'chunked'

/** What a request says before its body. */
export interface RequestHead {
  readonly method: string
  /** Exactly as sent: origin form, absolute form or `*` (client-facts §5, 3). */
  readonly target: string
  /** Whether the peer speaks HTTP/1.0, and so must be told when its connection stays open. */
  readonly http10: boolean
  readonly headers: FlatHeaders
  /** Whether the peer lets the connection live on after the answer. */
  readonly keepAlive: boolean
}

const sp = 0x20
const tab = 0x09
const colon = 0x3a

/** Bytes of a token, such as a method or a field name (RFC 9110 §5.6.2). */
const tokenBytes = byteTable((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)))
/** Bytes of a field value: text, space, tab, and the bytes above ASCII (RFC 9110 §5.5). */
const valueBytes = byteTable((byte) => byte === tab || (byte >= sp && byte !== 0x7f))
/** Bytes of a request target. */
const targetBytes = byteTable((byte) => byte > sp && byte < 0x7f)

const targetForm = /^(?:\/|\*$|https?:\/\/[A-Za-z0-9._~%[\]:-]+(?:[/?]|$))/i
const versionForm = /^HTTP\/\d\.\d$/
const hostForm = /^(?:[A-Za-z0-9._~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/
const lengthForm = /^\d{1,15}$/

/**
 * Reads a head line by line; throws `RequestRefusedError` at the first thing that two readers could take differently.
 * `origin` is where the request line starts in `bytes`; it may change from call to call, as the bytes may have moved together.
 */
export class RequestHeadReader {
  readonly #methodEnd: number
  readonly #targetEnd: number
  readonly #http10: boolean
  readonly #offsets: number[] = []
  #hosts = 0
  #length: BodyLength | undefined
  #connection = ''

  /** Takes the request line, which ends at `end`. */
  constructor(bytes: Buffer, origin: number, end: number) {
    const methodEnd = skip(tokenBytes, bytes, origin, end)
    if (methodEnd === origin || bytes[methodEnd] !== sp) throw malformed('malformed request line')
    const targetEnd = skip(targetBytes, bytes, methodEnd + 1, end)
    if (bytes[targetEnd] !== sp) throw malformed('malformed request target')
    if (!targetForm.test(bytes.toString('latin1', methodEnd + 1, targetEnd))) {
      throw malformed('request target is neither a path, a URL nor *')
    }
    const version = bytes.toString('latin1', targetEnd + 1, end)
    if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
      if (versionForm.test(version)) throw new RequestRefusedError(505, 'only HTTP/1.1 and HTTP/1.0 are spoken here')
      throw malformed('malformed HTTP version')
    }
    this.#http10 = version === 'HTTP/1.0'
    this.#methodEnd = methodEnd - origin
    this.#targetEnd = targetEnd - origin
  }

  get fields(): number {
    return this.#offsets.length / 4
  }

  /** Takes the header line from `start` to `end`. */
  add(bytes: Buffer, origin: number, start: number, end: number): void {
    const nameEnd = fieldNameEnd(bytes, start, end)
    let valueStart = nameEnd + 1
    let valueEnd = end
    while (valueStart < end && isBlank(bytes[valueStart])) valueStart++
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--
    if (skip(valueBytes, bytes, valueStart, valueEnd) !== valueEnd) throw malformed('control character in a header')
    this.#offsets.push(start - origin, nameEnd - origin, valueStart - origin, valueEnd - origin)
    this.#note(bytes, start, nameEnd, valueStart, valueEnd, end)
  }

  /** The head, which ends at `end`, and how long its body is. */
  finish(bytes: Buffer, origin: number, end: number): { head: RequestHead; length: BodyLength } {
    if (this.#hosts !== 1 && !(this.#http10 && this.#hosts === 0)) throw malformed('exactly one Host header is needed')
    const text = bytes.toString('latin1', origin, end)
    const head: RequestHead = {
      method: text.slice(0, this.#methodEnd),
      target: text.slice(this.#methodEnd + 1, this.#targetEnd),
      http10: this.#http10,
      headers: new FlatHeaders(text, this.#offsets),
      keepAlive: this.#keepAlive(),
    }
    // A request without a length has no body (client-facts §5, 2).
    return { head, length: this.#length ?? 0 }
  }

  #keepAlive(): boolean {
    if (this.#connection === '') return !this.#http10
    const options = this.#connection.toLowerCase().split(/[ \t]*,[ \t]*/)
    if (options.includes('close')) return false
    return !this.#http10 || options.includes('keep-alive')
  }

  /** Keeps what decides about framing and the connection's life. */
  #note(bytes: Buffer, start: number, nameEnd: number, valueStart: number, valueEnd: number, end: number): void {
    switch (nameEnd - start) {
      case 4:
        if (!isNamed(bytes, start, 'host')) return
        if (!hostForm.test(bytes.toString('latin1', valueStart, valueEnd))) throw malformed('malformed Host')
        this.#hosts++
        return
      case 10: {
        if (!isNamed(bytes, start, 'connection')) return
        const value = bytes.toString('latin1', valueStart, valueEnd)
        this.#connection = this.#connection === '' ? value : `${this.#connection},${value}`
        return
      }
      case 14: {
        if (!isNamed(bytes, start, 'content-length')) return
        const value = bytes.toString('latin1', valueStart, valueEnd)
        if (this.#length === 'chunked') throw malformed('both Content-Length and Transfer-Encoding')
        if (this.#length !== undefined) throw malformed('more than one Content-Length')
        if (!lengthForm.test(value)) throw malformed('malformed Content-Length')
        this.#length = Number(value)
        return
      }
      case 17: {
        if (!isNamed(bytes, start, 'transfer-encoding')) return
        const value = bytes.toString('latin1', valueStart, valueEnd).toLowerCase()
        if (this.#length === 'chunked') throw malformed('more than one Transfer-Encoding')
        if (this.#length !== undefined) throw malformed('both Content-Length and Transfer-Encoding')
        if (this.#http10) throw malformed('Transfer-Encoding in HTTP/1.0')
        // Readers differ in whether a tab around the value belongs to it.
        if (bytes.subarray(nameEnd, end).includes(tab)) throw malformed('tab in Transfer-Encoding')
        // Only where chunked comes last does the body have an end (RFC 9112 §6.3).
        if (/,[ \t]*chunked$/.test(value)) throw new RequestRefusedError(501, 'no transfer coding but chunked is known')
        if (value !== 'chunked') throw malformed('malformed Transfer-Encoding')
        this.#length = 'chunked'
      }
    }
  }
}

/** Checks one trailer line, which nobody reads; those that would mean something in a head are refused (RFC 9110 §6.5.1). */
export function checkTrailer(bytes: Buffer, start: number, end: number): void {
  const nameEnd = fieldNameEnd(bytes, start, end)
  if (skip(valueBytes, bytes, nameEnd + 1, end) !== end) throw malformed('control character in a trailer')
  for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) {
    if (nameEnd - start === name.length && isNamed(bytes, start, name)) throw malformed(`${name} in a trailer`)
  }
}

/** The 400 for `reason`. */
export function malformed(reason: string): RequestRefusedError {
  return new RequestRefusedError(400, reason)
}

function fieldNameEnd(bytes: Buffer, start: number, end: number): number {
  const nameEnd = skip(tokenBytes, bytes, start, end)
  if (nameEnd > start && nameEnd < end && bytes[nameEnd] === colon) return nameEnd
  throw malformed(isBlank(bytes[start]) ? 'folded header' : 'malformed header name')
}

function skip(table: Uint8Array, bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && table[bytes[at] as number] === 1) at++
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === sp || byte === tab
}

/** Whether the token at `start` is `name`, which is in lower case and as long as the token. */
function isNamed(bytes: Buffer, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    // Of the bytes of a token, only letters of the other case become letters of `name` by this.
    if (((bytes[start + index] as number) | 0x20) !== name.charCodeAt(index)) return false
  }
  return true
}

function byteTable(holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0))
}

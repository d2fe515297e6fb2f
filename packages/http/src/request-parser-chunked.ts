import { checkTrailer, malformed } from './request-parser-head.ts'
import { RequestRefusedError } from './request-refused-error.ts'

/** Eight digits, and extensions that nobody needs (RFC 9112 §7.1.1). */
const maxSizeLineBytes = 256
/** All trailer lines together; they are checked and dropped. */
const maxTrailerBytes = 4096
const cr = 0x0d
const lf = 0x0a

/** A chunk's size and its extensions: tokens, or quoted strings without control characters. */
const sizeLineForm =
  /^([0-9A-Fa-f]{1,8})(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\t !#-[\]-~\x80-\xff]*"))?)*$/

/**
 * Reads a chunked body (RFC 9112 §7.1). No real client sends one, but HTTP/1.1 demands that we understand it, so it is as strict
 * as can be: CRLF only, no space after a size, bounded extensions and trailers.
 */
export class ChunkedBodyReader {
  readonly #maxBytes: number
  #body: Buffer = Buffer.alloc(0)
  #length = 0
  #left = 0
  #state: 'size' | 'data' | 'data end' | 'trailers' | 'done' = 'size'
  #trailerBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  get body(): Buffer {
    return this.#body.subarray(0, this.#length)
  }

  /** Memory held. */
  get bufferedBytes(): number {
    return this.#body.length
  }

  /** Takes what it can of `bytes` from `at` on, and returns where it stopped. */
  read(bytes: Buffer, at: number): number {
    for (;;) {
      const next = this.#step(bytes, at)
      if (next === at && this.#state !== 'data') return at
      at = next
      if (this.#state === 'done' || (this.#state === 'data' && at === bytes.length)) return at
    }
  }

  /** One line or one run of data; `at` itself when there is not enough. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'size': {
        const end = lineEnd(bytes, at, maxSizeLineBytes, 'chunk size line is too long')
        if (end === -1) return at
        const size = sizeLineForm.exec(bytes.toString('latin1', at, end))
        if (!size) throw malformed('malformed chunk size')
        this.#left = Number.parseInt(size[1] as string, 16)
        if (this.#length + this.#left > this.#maxBytes) throw new RequestRefusedError(413, 'body is too large')
        this.#state = this.#left === 0 ? 'trailers' : 'data'
        return end + 2
      }
      case 'data': {
        const taken = Math.min(this.#left, bytes.length - at)
        this.#append(bytes, at, taken)
        this.#left -= taken
        if (this.#left === 0) this.#state = 'data end'
        return at + taken
      }
      case 'data end': {
        const end = lineEnd(bytes, at, 0, 'chunk is longer than its size')
        if (end === -1) return at
        this.#state = 'size'
        return end + 2
      }
      case 'trailers': {
        const end = lineEnd(bytes, at, maxTrailerBytes - this.#trailerBytes, 'trailers are too long')
        if (end === -1) return at
        this.#trailerBytes += end + 2 - at
        if (end === at) this.#state = 'done'
        else checkTrailer(bytes, at, end)
        return end + 2
      }
      case 'done':
        return at
    }
  }

  #append(bytes: Buffer, at: number, count: number): void {
    const needed = this.#length + count
    if (needed > this.#body.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(2 * this.#body.length, needed, 1024)))
      this.#body.copy(grown, 0, 0, this.#length)
      this.#body = grown
    }
    bytes.copy(this.#body, this.#length, at, at + count)
    this.#length = needed
  }
}

/** Where the line from `at` ends before its CRLF, or -1 when that is not there yet; a line has at most `maxBytes`. */
function lineEnd(bytes: Buffer, at: number, maxBytes: number, tooLong: string): number {
  const found = bytes.indexOf(lf, at)
  const end = found === -1 ? bytes.length - 1 : found - 1
  if (end - at > maxBytes) throw malformed(tooLong)
  if (found === -1) return -1
  if (found === at || bytes[found - 1] !== cr) throw malformed('bare line feed in a chunked body')
  return end
}

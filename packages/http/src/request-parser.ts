import type { RequestLimits } from './listener-limits.ts'
import { ChunkedBodyReader } from './request-parser-chunked.ts'
import { malformed, type RequestHead, RequestHeadReader } from './request-parser-head.ts'
import { RequestRefusedError } from './request-refused-error.ts'

/** A request with its body. */
export interface ParsedRequest {
  readonly head: RequestHead
  readonly body: Uint8Array
}

/** What the parser is in the midst of: nothing, a request's head, or its body. */
export type ParserPhase = 'idle' | 'head' | 'body'

const nothing = Buffer.alloc(0)
const noBody = new Uint8Array(0)
const cr = 0x0d
const lf = 0x0a
/** Empty lines that we pass over before a request (RFC 9112 §2.2). */
const maxEmptyLines = 8

/**
 * Cuts the bytes of one connection into requests (RFC 9112). Strict where two readers could disagree; lenient in bare-LF line
 * ends alone, as long as a head uses nothing else (client-facts §5, 1). A request that lies in one piece of input is not copied.
 * After `next` has thrown, the parser is of no further use.
 */
export class RequestParser {
  readonly #limits: RequestLimits
  /** What has come and was not taken yet starts at `#at`. */
  #bytes: Buffer = nothing
  #at = 0
  /** How much room `#bytes` has behind its end, in a buffer of our own. */
  #room: Buffer = nothing
  /** Relative to `#at`: the line in work, and how far there is no line end. */
  #line = 0
  #scanned = 0
  #headerStart = 0
  #emptyLines = 0
  /** Whether the lines of this head end in CRLF; all must end in the same. */
  #crlf = true
  #reader: RequestHeadReader | undefined
  #head: RequestHead | undefined
  #length = 0
  #chunks: ChunkedBodyReader | undefined

  constructor(limits: RequestLimits) {
    this.#limits = limits
  }

  get phase(): ParserPhase {
    if (this.#head) return 'body'
    return this.#reader || this.bufferedBytes > 0 ? 'head' : 'idle'
  }

  /** Bytes that wait here, of an unfinished request or of requests not asked for yet. */
  get bufferedBytes(): number {
    return this.#bytes.length - this.#at + (this.#chunks?.bufferedBytes ?? 0)
  }

  /** Takes what came from the peer; the parser keeps `chunk`, so it must not change. */
  push(chunk: Buffer): void {
    const rest = this.#bytes.length - this.#at
    if (rest === 0) {
      this.#bytes = chunk
      this.#at = 0
      this.#room = nothing
    } else {
      this.#append(chunk, rest)
    }
  }

  /** The next complete request, if there is one; throws `RequestRefusedError`. */
  next(): ParsedRequest | undefined {
    const request = this.#read()
    if (!request) this.#settle()
    return request
  }

  #read(): ParsedRequest | undefined {
    if (!this.#head && !this.#readHead()) return undefined
    const head = this.#head as RequestHead
    if (this.#chunks) {
      this.#at = this.#chunks.read(this.#bytes, this.#at)
      if (!this.#chunks.done) return undefined
      const { body } = this.#chunks
      this.#chunks = undefined
      this.#head = undefined
      return { head, body }
    }
    const end = this.#at + this.#length
    if (end > this.#bytes.length) return undefined
    const body = this.#length === 0 ? noBody : this.#bytes.subarray(this.#at, end)
    this.#at = end
    this.#head = undefined
    return { head, body }
  }

  /** Reads lines up to the empty one; whether it is there. */
  #readHead(): boolean {
    for (;;) {
      const start = this.#at + this.#line
      const found = this.#bytes.indexOf(lf, this.#at + this.#scanned)
      if (found === -1) {
        this.#scanned = this.#bytes.length - this.#at
        // The last byte may be the CR of the line end.
        this.#checkLineLength(start, this.#bytes.length - 1, this.#bytes.length)
        return false
      }
      const crlf = found > start && this.#bytes[found - 1] === cr
      const end = crlf ? found - 1 : found
      this.#checkLineLength(start, end, found + 1)
      this.#line = this.#scanned = found + 1 - this.#at
      if (!this.#reader) {
        this.#startHead(start, end, crlf)
      } else {
        if (crlf !== this.#crlf) throw malformed('mixed line ends')
        if (end === start) {
          this.#endHead(this.#reader, found + 1)
          return true
        }
        if (this.#reader.fields === this.#limits.headerFields) throw new RequestRefusedError(431, 'too many headers')
        this.#reader.add(this.#bytes, this.#at, start, end)
      }
    }
  }

  #startHead(start: number, end: number, crlf: boolean): void {
    if (end === start) {
      this.#emptyLines++
      if (this.#emptyLines > maxEmptyLines) throw malformed('too many empty lines')
      this.#at += this.#line
      this.#line = this.#scanned = 0
      return
    }
    this.#reader = new RequestHeadReader(this.#bytes, start, end)
    this.#crlf = crlf
    this.#emptyLines = 0
    this.#headerStart = this.#line
  }

  #endHead(reader: RequestHeadReader, end: number): void {
    const { head, length } = reader.finish(this.#bytes, this.#at, end)
    if (length === 'chunked') {
      this.#chunks = new ChunkedBodyReader(this.#limits.bodyBytes)
    } else {
      if (length > this.#limits.bodyBytes) throw new RequestRefusedError(413, 'body is too large')
      this.#length = length
    }
    this.#head = head
    this.#reader = undefined
    this.#at = end
    this.#line = this.#scanned = 0
  }

  #checkLineLength(start: number, end: number, next: number): void {
    if (!this.#reader) {
      if (end - start > this.#limits.requestLineBytes) throw new RequestRefusedError(414, 'request line is too long')
    } else if (next - this.#at - this.#headerStart > this.#limits.headerBytes) {
      throw new RequestRefusedError(431, 'headers are too large')
    }
  }

  #append(chunk: Buffer, rest: number): void {
    const used = this.#bytes.length
    const needed = rest + chunk.length
    if (this.#room.length - used < chunk.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * needed, this.#expectedBytes())))
      this.#bytes.copy(grown, 0, this.#at, used)
      this.#room = grown
      chunk.copy(grown, rest)
      this.#bytes = grown.subarray(0, needed)
      this.#at = 0
    } else {
      // Bodies handed out lie before `#at`: nothing here overwrites them.
      chunk.copy(this.#room, used)
      this.#bytes = this.#room.subarray(0, used + chunk.length)
    }
  }

  /** How long what is in work can become: no more room than that is worth having. */
  #expectedBytes(): number {
    return this.#head ? this.#length : this.#limits.requestLineBytes + this.#limits.headerBytes
  }

  /** Lets go of memory that the unfinished rest does not need. */
  #settle(): void {
    const rest = this.#bytes.length - this.#at
    if (rest === 0) {
      this.#bytes = this.#room = nothing
      this.#at = 0
    } else if (this.#room.length === 0 && rest < this.#bytes.length / 2) {
      this.#bytes = Buffer.from(this.#bytes.subarray(this.#at))
      this.#at = 0
    }
  }
}

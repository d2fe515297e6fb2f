import { connect, type Socket } from 'node:net'

/** What came back, valid only during the call that it is given to. */
export class Answer {
  status = 0
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  headEnd = 0
  end = 0

  /** The status line and the headers. */
  get head(): string {
    return this.bytes.toString('latin1', this.start, this.headEnd)
  }

  get body(): string {
    return this.bytes.toString('latin1', this.headEnd + endOfHead.length, this.end)
  }
}

type Done = (answer: Answer) => void

const endOfHead = Buffer.from('\r\n\r\n')
const contentLength = Buffer.from('\r\nContent-Length: ')

/**
 * A keep-alive connection that does no more than a load must: answers belong to requests in their order, and need a
 * Content-Length. All connections read into one buffer, since each read is handled before the next.
 */
export class ClientConnection {
  static readonly #readBuffer = Buffer.allocUnsafeSlow(256 * 1024)
  readonly #socket: Socket
  readonly #waiting: Done[] = []
  readonly #answer = new Answer()
  #rest: Buffer | undefined

  constructor(port: number) {
    this.#socket = connectReading(port, ClientConnection.#readBuffer, (bytes) => this.#read(bytes))
  }

  /** How many answers are still to come. */
  get pending(): number {
    return this.#waiting.length
  }

  /** Throws when the server has closed the connection: a load that waits for ever would say nothing. */
  send(text: string, done: Done): void {
    if (this.#socket.readableEnded || this.#socket.destroyed) throw new Error('the server closed a connection')
    this.#waiting.push(done)
    this.#socket.write(text, 'latin1')
  }

  /** Sends what is sent during `work` in one piece, as a client with several things to ask does. */
  together(work: () => void): void {
    this.#socket.cork()
    work()
    this.#socket.uncork()
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(piece: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, piece]) : piece
    let at = 0
    while (at < bytes.length) {
      const headEnd = bytes.indexOf(endOfHead, at)
      if (headEnd < 0) break
      const end = headEnd + endOfHead.length + bodyLength(bytes, at, headEnd)
      if (end > bytes.length) break
      this.#answer.status = Number(bytes.toString('latin1', at + 9, at + 12))
      this.#answer.bytes = bytes
      this.#answer.start = at
      this.#answer.headEnd = headEnd
      this.#answer.end = end
      at = end
      this.#waiting.shift()?.(this.#answer)
    }
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined
  }
}

/** Connects to a port of this machine; what is read is handed over in a shared buffer and must be used at once. */
export function connectReading(port: number, buffer: Buffer, read: (bytes: Buffer) => void): Socket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (length) => {
        read(buffer.subarray(0, length))
        return true
      },
    },
  })
  // NOTE: later, so that it is told first if the server has ended.
  socket.on('error', (err) => setTimeout(() => fail(err), 500))
  return socket
}

function fail(err: Error): never {
  throw err
}

function bodyLength(bytes: Buffer, start: number, headEnd: number): number {
  const field = bytes.indexOf(contentLength, start)
  if (field < 0 || field >= headEnd) throw new Error('an answer without Content-Length')
  let length = 0
  for (let at = field + contentLength.length; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return length
    length = length * 10 + digit
  }
}

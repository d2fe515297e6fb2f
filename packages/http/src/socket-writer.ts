import type { Socket } from 'node:net'

/** Whatever goes out at once instead of waiting for the turn to end. */
const wholeWriteBytes = 64 * 1024

/** Lets many writers send what they queued when the current turn of the event loop has handled its input: one write each. */
export class TurnEnd {
  #waiting: SocketWriter[] = []

  add(writer: SocketWriter): void {
    // NOTE: a microtask would run after each handler, so that a burst of changes would cost one write a change.
    if (this.#waiting.push(writer) === 1) setImmediate(() => this.#run())
  }

  #run(): void {
    const writers = this.#waiting
    this.#waiting = []
    for (const writer of writers) writer.turnEnded()
  }
}

/** Gathers what goes out on one socket. */
export class SocketWriter {
  readonly #socket: Socket
  readonly #turnEnd: TurnEnd
  #text = ''
  #parts: Uint8Array[] | undefined
  #partsBytes = 0
  #scheduled = false

  constructor(socket: Socket, turnEnd: TurnEnd) {
    this.#socket = socket
    this.#turnEnd = turnEnd
  }

  /** Bytes that the peer's side of the network has not taken yet; what is queued counts as one byte a character. */
  get pendingBytes(): number {
    return this.#text.length + this.#partsBytes + this.#socket.writableLength
  }

  /** Queues text. */
  add(text: string): void {
    // NOTE: nothing here looks into the text: V8 would copy it for that, and once more at the end for all that was queued.
    this.#text += text
    if (this.#text.length >= wholeWriteBytes) this.flush()
  }

  /** Queues bytes, which must not change any more. */
  addBytes(bytes: Uint8Array): void {
    this.#parts ??= []
    if (this.#text !== '') this.#parts.push(Buffer.from(this.#text))
    this.#partsBytes += this.#text.length + bytes.length
    this.#text = ''
    this.#parts.push(bytes)
    if (this.#partsBytes >= wholeWriteBytes) this.flush()
  }

  /** Sends what is queued when this turn of the event loop is over. */
  flushSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#turnEnd.add(this)
  }

  /** For `TurnEnd` to call. */
  turnEnded(): void {
    this.#scheduled = false
    this.flush()
  }

  /** Sends what is queued now, in one write. */
  flush(): void {
    if (this.#socket.writable) {
      if (this.#parts) {
        if (this.#text !== '') this.#parts.push(Buffer.from(this.#text))
        this.#socket.write(Buffer.concat(this.#parts))
      } else if (this.#text !== '') {
        // Where every character is one byte, latin1 is the same bytes for less.
        this.#socket.write(this.#text, Buffer.byteLength(this.#text) === this.#text.length ? 'latin1' : 'utf8')
      }
    }
    this.drop()
  }

  /** Sends what is queued, and calls `listener` when the socket has taken all of it. */
  onDrain(listener: () => void): void {
    this.flush()
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', listener)
    else listener()
  }

  /** Forgets what is queued. */
  drop(): void {
    this.#text = ''
    this.#parts = undefined
    this.#partsBytes = 0
  }
}

import type { Socket } from 'node:net'
import { connectReading } from './client-connection.ts'
import { domain } from './settings.ts'

/** Where to find, in a notification, the number that says which one it is. */
export interface NumberMark {
  readonly mark: Buffer
  readonly digits: number
}

const endOfEvent = Buffer.from('\n\n')
const idLine = Buffer.from('id: ')
const lf = 0x0a

/** One stream (docs/protocol/streams.md): finds the notifications in it, and says up to where they have come. */
export class StreamReader {
  static readonly #readBuffer = Buffer.allocUnsafeSlow(256 * 1024)
  readonly path: string
  readonly #socket: Socket
  readonly #mark: NumberMark
  readonly #notified: (number: number) => void
  readonly #taken: (stream: StreamReader, events: number) => void
  #rest: Buffer | undefined
  #lastId = ''

  /** `notified` hears each notification's number, `taken` after each read how many there were. */
  constructor(
    port: number,
    path: string,
    mark: NumberMark,
    notified: (number: number) => void,
    taken: (stream: StreamReader, events: number) => void,
  ) {
    this.path = path
    this.#mark = mark
    this.#notified = notified
    this.#taken = taken
    this.#socket = connectReading(port, StreamReader.#readBuffer, (bytes) => this.#read(bytes))
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${domain}\r\nAccept: text/event-stream\r\n\r\n`)
  }

  /** Acknowledges everything up to the last event that was read. */
  acknowledgement(): string {
    return `POST ${this.path} HTTP/1.1\r\nHost: ${domain}\r\nLast-Event-ID: ${this.#lastId}\r\nContent-Length: 0\r\n\r\n`
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(piece: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, piece]) : piece
    const lastEnd = bytes.lastIndexOf(endOfEvent)
    const end = lastEnd < 0 ? 0 : lastEnd + endOfEvent.length
    const { mark, digits } = this.#mark
    let events = 0
    for (let at = bytes.indexOf(mark); at >= 0 && at < end; at = bytes.indexOf(mark, at)) {
      at += mark.length
      this.#notified(decimal(bytes, at, digits))
      events += 1
    }
    if (events > 0) {
      const id = bytes.lastIndexOf(idLine, end) + idLine.length
      this.#lastId = bytes.toString('latin1', id, bytes.indexOf(lf, id))
      this.#taken(this, events)
    }
    this.#rest = end < bytes.length ? Buffer.from(bytes.subarray(end)) : undefined
  }
}

function decimal(bytes: Buffer, start: number, digits: number): number {
  let number = 0
  for (let at = start; at < start + digits; at++) number = number * 10 + ((bytes[at] ?? 0x30) - 0x30)
  return number
}

import { connect, type Socket } from 'node:net'

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number
  /** Everything up to the empty line. */
  readonly head: string
  readonly body: string
}

/** The far end of a connection: sends bytes as told, and keeps what comes back as latin1 text. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket
  received = ''
  /** Whether the other side has ended, or cut, the connection. */
  ended = false
  /** How much must have come before looking for an answer again can be of use. */
  #needed = 0
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
      this.#wake()
    })
    const end = () => {
      this.ended = true
      this.#wake()
    }
    socket.on('end', end)
    socket.on('close', end)
    socket.on('error', end)
  }

  static async connect(port: number): Promise<RawPeer> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }, resolve)
    socket.once('error', reject)
    await promise
    return new RawPeer(socket)
  }

  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }

  /** Resolves when `holds` does, which is looked at whenever something comes. */
  async until(holds: (received: string) => boolean): Promise<string> {
    while (!holds(this.received)) {
      if (this.ended) throw new Error(`connection ended after ${JSON.stringify(this.received)}`)
      await this.#something()
    }
    return this.received
  }

  /** The next `count` answers, which are taken off what was received. */
  async answers(count: number): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = []
    while (answers.length < count) {
      const answer = this.#take()
      if (answer) answers.push(answer)
      else if (this.ended) throw new Error(`${answers.length} answers, then ${JSON.stringify(this.received)}`)
      else await this.#something()
    }
    return answers
  }

  async answer(): Promise<RawAnswer> {
    const [answer] = await this.answers(1)
    return answer as RawAnswer
  }

  /** All that comes until the other side ends. */
  async toEnd(): Promise<string> {
    while (!this.ended) await this.#something()
    return this.received
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }

  #something(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }

  #take(): RawAnswer | undefined {
    if (this.received.length < this.#needed) return undefined
    const headEnd = this.received.indexOf('\r\n\r\n')
    if (headEnd === -1) return undefined
    const head = this.received.slice(0, headEnd)
    // As librvp does: one spelling, one space (client-facts §1.2).
    const length = /\r\nContent-Length: (\d+)(?:\r\n|$)/.exec(head)?.[1]
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]
    if (length === undefined || status === undefined) throw new Error(`unreadable answer ${JSON.stringify(head)}`)
    const end = headEnd + 4 + Number(length)
    this.#needed = end
    if (this.received.length < end) return undefined
    this.#needed = 0
    const body = this.received.slice(headEnd + 4, end)
    this.received = this.received.slice(end)
    return { status: Number(status), head, body }
  }
}

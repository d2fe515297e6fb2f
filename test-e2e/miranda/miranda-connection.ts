import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A response as Miranda reads it. */
export interface MirandaResponse {
  readonly status: number
  /** By their exact names. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** One TCP connection of Miranda's: it lives for one transaction, that is a request and its retry (client-facts §3.1). */
export class MirandaConnection implements AsyncDisposable {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<string>
  #unread = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').setTimeout(15_000, () => socket.destroy(new Error('the server says nothing')))
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<string>
  }

  static async open(port: number): Promise<MirandaConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new MirandaConnection(socket)
  }

  /** Sends a request whose lines end in bare LF: own headers, Host and Content-Length, and credentials last. */
  async ask(
    requestLine: string,
    headers: readonly string[],
    body: string,
    authorization?: string,
  ): Promise<MirandaResponse> {
    const always = [`Host: im.example.com`, `Content-Length: ${Buffer.byteLength(body)}`]
    const last = authorization === undefined ? [] : [`Authorization: ${authorization}`]
    const lines = [`${requestLine} HTTP/1.1`, ...headers, ...always, ...last]
    this.#socket.write(`${lines.join('\n')}\n\n${body}`)
    return await this.#readResponse()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  /** The first response is the final one, 100 as well; a body is as long as Content-Length says, and no other way is known. */
  async #readResponse(): Promise<MirandaResponse> {
    while (!this.#unread.includes('\r\n\r\n')) await this.#readMore()
    const end = this.#unread.indexOf('\r\n\r\n')
    const [statusLine = '', ...lines] = this.#unread.slice(0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(statusLine)?.[1])
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
    const length = Number(headers.find(([name]) => name === 'Content-Length')?.[1])
    if (Number.isNaN(length)) throw new Error(`no Content-Length in: ${statusLine}`)
    while (this.#unread.length < end + 4 + length) await this.#readMore()
    const body = Buffer.from(this.#unread.slice(end + 4, end + 4 + length), 'latin1').toString('utf8')
    this.#unread = this.#unread.slice(end + 4 + length)
    return { status, headers, body }
  }

  async #readMore(): Promise<void> {
    const { value, done } = await this.#chunks.next()
    if (done) throw new Error(`the server closed the connection after: ${this.#unread}`)
    this.#unread += value
  }
}

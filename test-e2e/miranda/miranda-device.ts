import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { EventQueue } from '../event-queue.ts'

/** A NOTIFY as it came. */
export interface HeardNotify {
  readonly requestLine: string
  readonly body: string
}

/** Miranda's listener: it reads one NOTIFY from each connection and answers with LF line ends and a page (client-facts §3.2). */
export class MirandaDevice implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #notifies = new EventQueue<HeardNotify>()

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async open(): Promise<MirandaDevice> {
    const device = new MirandaDevice()
    device.#server.listen(0, '127.0.0.1')
    await once(device.#server, 'listening')
    return device
  }

  get callBack(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The next NOTIFY whose body holds `text`. */
  async next(text: string): Promise<HeardNotify> {
    return await this.#notifies.next(`NOTIFY with ${text}`, ({ body }) => body.includes(text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let received = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = received.indexOf('\r\n\r\n')
      const length = Number(/\r\nContent-Length: ([0-9]+)\r\n/.exec(received.slice(0, end + 2))?.[1])
      const body = received.slice(end + 4)
      if (end < 0 || Buffer.byteLength(body) < length) return
      const page = '<html><body>Successful</body></html>'
      socket.end(`HTTP/1.1 200 Successful\nContent-Type: text/html\nContent-Length: ${page.length}\n\n${page}`)
      this.#notifies.push({ requestLine: received.slice(0, received.indexOf('\r\n')), body })
    })
  }
}

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

const answer = Buffer.from('HTTP/1.1 200 Successful\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n')
const endOfBody = Buffer.from('</r:notification>')

/**
 * Listeners of many devices, told apart by the path of their Call-Back: the server keeps one connection to each. Answers
 * each NOTIFY, of which one at a time comes over a connection, and keeps the connection.
 */
export class CallbackSink implements AsyncDisposable {
  /** NOTIFYs taken so far. */
  count = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
  }

  static async open(): Promise<CallbackSink> {
    const sink = new CallbackSink()
    sink.#server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
    await once(sink.#server, 'listening')
    return sink
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (piece: Buffer) => {
      // The body's end is the request's: nothing follows it before the answer.
      const tail = piece.subarray(-endOfBody.length)
      if (!tail.equals(endOfBody)) return
      this.count += 1
      socket.write(answer)
    })
  }
}

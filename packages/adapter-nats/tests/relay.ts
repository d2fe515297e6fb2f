import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a server that can lead to another one from the next connection on. */
export class Relay implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  to: number
  /** Connections so far. */
  connections = 0

  private constructor(to: number) {
    this.to = to
    this.#server = createServer((client) => {
      this.connections += 1
      const target = connect(this.to, '127.0.0.1')
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(socket)
        socket.on('error', () => other.destroy()).on('close', () => other.destroy())
        socket.pipe(other)
      }
      this.#server.emit('relayed')
    })
  }

  static async open(to: number): Promise<Relay> {
    const relay = new Relay(to)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves once there were so many connections. */
  async reached(connections: number): Promise<void> {
    while (this.connections < connections) await once(this.#server, 'relayed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.#server[Symbol.asyncDispose]()
  }
}

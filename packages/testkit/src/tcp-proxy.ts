import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Where a connection may be led. */
export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** Leads each connection that it takes on loopback to one of several places: what an operator's load balancer is, but for the choice. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #choose: () => ProxyTarget | undefined
  readonly #from: string | undefined
  readonly #sockets = new Map<string, Set<Socket>>()

  private constructor(choose: () => ProxyTarget | undefined, from: string | undefined) {
    this.#choose = choose
    this.#from = from
    this.#server = createServer((client) => this.#serve(client, 3))
  }

  /** `choose` says where the next connection goes, if anywhere; `from` is our own address towards there. */
  static async open(choose: () => ProxyTarget | undefined, from?: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(choose, from)
    proxy.#server.listen({ port: 0, host: '127.0.0.1', backlog: 2_000 })
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends all connections that lead to `target`. */
  cut({ host, port }: ProxyTarget): void {
    for (const socket of this.#sockets.get(`${host}:${port}`) ?? []) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.destroy()
    await closed
  }

  #serve(client: Socket, triesLeft: number): void {
    const target = this.#choose()
    if (!target || triesLeft === 0) return void client.destroy()
    const server = connect({
      host: target.host,
      port: target.port,
      ...(this.#from !== undefined && { localAddress: this.#from }),
    })
    const refused = (): void => this.#serve(client, triesLeft - 1)
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      const name = `${target.host}:${target.port}`
      const sockets = this.#sockets.get(name) ?? new Set()
      this.#sockets.set(name, sockets)
      join(client, server, sockets)
      join(server, client, sockets)
    })
    client.on('error', () => client.destroy())
  }
}

function join(from: Socket, to: Socket, sockets: Set<Socket>): void {
  sockets.add(from)
  from.on('error', () => to.destroy())
  from.on('close', () => {
    sockets.delete(from)
    to.destroy()
  })
  from.pipe(to)
}

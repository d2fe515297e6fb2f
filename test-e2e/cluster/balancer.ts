import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ParleyProcess } from './parley-process.ts'
import { pause } from './pause.ts'

const betweenChecksMs = 250
const checkTimeoutMs = 2_500

type Health = 'ready' | 'draining' | 'away'

interface Backend {
  readonly router: ParleyProcess
  readonly port: number
  health: Health
  readonly sockets: Set<Socket>
}

/**
 * A TCP load balancer in front of routers, as an operator has one: asks each for its /readyz, gives new connections in turn to
 * those that are ready, and ends the connections of one that does not answer any more.
 */
export class Balancer implements AsyncDisposable {
  readonly #server: Server
  readonly #backends: readonly Backend[]
  readonly #stopping = new AbortController()
  #checks: Promise<unknown> = Promise.resolve()
  #turn = 0

  private constructor(routers: readonly ParleyProcess[]) {
    this.#backends = routers.map((router) => ({
      router,
      port: Number(new URL(router.url).port),
      health: 'ready',
      sockets: new Set(),
    }))
    this.#server = createServer((client) => this.#serve(client, this.#backends.length))
  }

  static async open(routers: readonly ParleyProcess[]): Promise<Balancer> {
    const balancer = new Balancer(routers)
    balancer.#server.listen({ port: 0, host: '127.0.0.1', backlog: 2_000 })
    await once(balancer.#server, 'listening')
    balancer.#checks = Promise.all(balancer.#backends.map((backend) => balancer.#watch(backend)))
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  healthOf(router: ParleyProcess | undefined): Health | undefined {
    return this.#backends.find((backend) => backend.router === router)?.health
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#checks
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const { sockets } of this.#backends) for (const socket of sockets) socket.destroy()
    await closed
  }

  #serve(client: Socket, triesLeft: number): void {
    const backend = this.#next()
    if (!backend || triesLeft === 0) return void client.destroy()
    const server = connect(backend.port, '127.0.0.1')
    const refused = (): void => this.#serve(client, triesLeft - 1)
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      join(client, server, backend.sockets)
      join(server, client, backend.sockets)
    })
    client.on('error', () => client.destroy())
  }

  #next(): Backend | undefined {
    const ready = this.#backends.filter(({ health }) => health === 'ready')
    this.#turn += 1
    return ready[this.#turn % ready.length]
  }

  async #watch(backend: Backend): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      backend.health = await this.#ask(backend.router)
      if (backend.health === 'away') for (const socket of backend.sockets) socket.destroy()
      await pause(betweenChecksMs, this.#stopping)
    }
  }

  async #ask({ adminUrl }: ParleyProcess): Promise<Health> {
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(checkTimeoutMs), this.#stopping.signal])
      const { ok } = await fetch(`${adminUrl}/readyz`, { signal })
      return ok ? 'ready' : 'draining'
    } catch {
      return 'away'
    }
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

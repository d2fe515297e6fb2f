import { TcpProxy } from '@parley/testkit'
import type { ParleyProcess } from './parley-process.ts'
import { pause } from './pause.ts'

const betweenChecksMs = 250
const checkTimeoutMs = 2_500

type Health = 'ready' | 'draining' | 'away'

interface Backend {
  readonly router: ParleyProcess
  readonly host: string
  readonly port: number
  health: Health
}

/**
 * A TCP load balancer in front of routers, as an operator has one: asks each for its /readyz, gives new connections in turn to
 * those that are ready, and ends the connections of one that does not answer any more.
 */
export class Balancer implements AsyncDisposable {
  readonly #proxy: TcpProxy
  readonly #backends: readonly Backend[]
  readonly #stopping = new AbortController()
  #checks: Promise<unknown> = Promise.resolve()

  private constructor(backends: readonly Backend[], proxy: TcpProxy) {
    this.#backends = backends
    this.#proxy = proxy
  }

  static async open(routers: readonly ParleyProcess[]): Promise<Balancer> {
    const backends = routers.map((router): Backend => {
      const { hostname, port } = new URL(router.url)
      return { router, host: hostname, port: Number(port), health: 'ready' }
    })
    let turn = 0
    const proxy = await TcpProxy.open(() => {
      const ready = backends.filter(({ health }) => health === 'ready')
      turn += 1
      return ready[turn % ready.length]
    })
    const balancer = new Balancer(backends, proxy)
    balancer.#checks = Promise.all(backends.map((backend) => balancer.#watch(backend)))
    return balancer
  }

  get url(): string {
    return this.#proxy.url
  }

  healthOf(router: ParleyProcess | undefined): Health | undefined {
    return this.#backends.find((backend) => backend.router === router)?.health
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#checks
    await this.#proxy[Symbol.asyncDispose]()
  }

  async #watch(backend: Backend): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      backend.health = await this.#ask(backend.router)
      if (backend.health === 'away') this.#proxy.cut(backend)
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

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'

/** What a process knows about how it is; each says what is wrong in a few words. */
export interface ProcessHealth {
  /** Why it can only be killed and started anew. NOTE: never because of another one, such as Redis: a restart mends nothing there. */
  readonly stuck?: () => string | undefined
  /** Why it cannot serve yet though it has started. */
  readonly missing?: () => string | undefined
}

/** For operators and their machines: liveness, readiness and metrics, apart from the clients' port. */
export class AdminListener implements AsyncDisposable {
  readonly #health: ProcessHealth
  readonly #server: Server
  #started = false
  #isLeaving = false

  constructor(metrics: Pick<Metrics, 'text' | 'contentType'>, health: ProcessHealth = {}) {
    this.#health = health
    this.#server = createServer((request, response) => {
      const reply = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
        response.writeHead(status, { 'Content-Type': type }).end(body)
      }
      const answer = (problem: string | undefined, fine: string): void =>
        reply(problem === undefined ? 200 : 503, `${problem ?? fine}\n`)
      if (request.method !== 'GET') return reply(405, 'only GET\n')
      switch (request.url) {
        case '/healthz':
          return answer(this.#health.stuck?.(), 'ok')
        case '/readyz':
          return answer(this.#started && !this.#isLeaving ? this.#health.missing?.() : 'not ready', 'ready')
        case '/servingz':
          return answer(this.#started ? this.#health.missing?.() : 'not serving', 'serving')
        case '/metrics':
          metrics.text().then(
            (text) => reply(200, text, metrics.contentType),
            () => reply(500, 'metrics failed\n'),
          )
          return
        default:
          return reply(404, '/healthz, /readyz, /servingz and /metrics are here\n')
      }
    })
  }

  /** Whether requests are taken: false before the start is complete and from the moment a stop begins. */
  get ready(): boolean {
    return this.#started && !this.#isLeaving && this.#health.missing?.() === undefined
  }

  set ready(started: boolean) {
    this.#started = started
  }

  /**
   * A stop begins: /readyz says so from now on. /servingz does not, until requests are no longer taken. NOTE: Kubernetes knows of
   * the stop, and hands what still arrives at a node to a router that is ending only while its readiness probe succeeds.
   */
  leave(): void {
    this.#isLeaving = true
  }

  /** Starts to listen; resolves with the URL. */
  async open(address: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, address, resolve)
    })
    const bound = this.#server.address() as AddressInfo
    return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'

/** For operators and their machines: liveness, readiness and metrics, apart from the clients' port. */
export class AdminListener implements AsyncDisposable {
  /** Whether requests are taken: false before the start is complete and from the moment a stop begins. */
  ready = false
  readonly #server: Server

  constructor(metrics: Pick<Metrics, 'text' | 'contentType'>) {
    this.#server = createServer((request, response) => {
      const reply = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
        response.writeHead(status, { 'Content-Type': type }).end(body)
      }
      if (request.method !== 'GET') return reply(405, 'only GET\n')
      switch (request.url) {
        case '/healthz':
          return reply(200, 'ok\n')
        case '/readyz':
          return this.ready ? reply(200, 'ready\n') : reply(503, 'not ready\n')
        case '/metrics':
          metrics.text().then(
            (text) => reply(200, text, metrics.contentType),
            () => reply(500, 'metrics failed\n'),
          )
          return
        default:
          return reply(404, '/healthz, /readyz and /metrics are here\n')
      }
    })
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

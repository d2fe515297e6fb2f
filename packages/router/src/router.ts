import type { RvpService, StreamEndpoint } from '@parley/http'
import { Forwarder } from './forwarder.ts'
import { defaultRouterLimits } from './router-limits.ts'
import type { RouterOptions } from './router-options.ts'
import { RouterStreams } from './router-streams.ts'
import { WaitingRoom } from './waiting-room.ts'

/** The requests that wait for a home, for metrics. */
export interface RouterCounts {
  readonly held: number
  readonly heldBytes: number
}

/** A router: hands requests to the homes of their nodes, and streams to the homes that have them. */
export interface Router extends RvpService {
  readonly streams: StreamEndpoint
  counts(): RouterCounts
}

/** Makes a router. It holds no state but the requests that it is answering, so any number of them serve side by side. */
export function createRouter(options: RouterOptions): Router {
  const domains: ReadonlySet<string> = new Set(options.domains)
  const limits = { ...defaultRouterLimits, ...options.limits }
  const waiting = new WaitingRoom(options.clock, limits)
  const forwarder = new Forwarder(options, domains, limits, waiting)
  return {
    handle: (request) => forwarder.handle(request),
    streams: new RouterStreams(options, domains),
    counts: () => ({ held: waiting.count, heldBytes: waiting.bytes }),
  }
}

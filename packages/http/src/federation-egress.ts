import type { HomeLease, HomeName } from '@parley/domain'
import { type ClusterClient, NodeUnreachableError } from './cluster-client.ts'
import type { ClusterClientLimits } from './cluster-client-limits.ts'
import type { FederationRoute } from './federation-client.ts'
import type { FederatedDomain } from './federation-policy.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'

/** Stands in signed identities for the home when a request is to leave the cluster; no home can be called so. */
export const egressHome = '*egress' as HomeName

/** The client of one domain, and the router that answered it last. */
interface Way {
  readonly client: ClusterClient
  preferred: number
}

/**
 * Sends to other IM domains through routers that reach them, for processes without a way out of their own. One domain's
 * requests have connections of their own: another one that is slow cannot fill them.
 */
export class EgressRoute implements FederationRoute {
  readonly #routers: readonly string[]
  readonly #open: (limits: Partial<ClusterClientLimits>) => ClusterClient
  readonly #ways = new Map<string, Way>()

  /** `routers`: URLs of their cluster endpoints, the first that answers is used. `open` makes a client within these limits. */
  constructor(given: {
    readonly routers: readonly [string, ...string[]]
    readonly open: (limits: Partial<ClusterClientLimits>) => ClusterClient
  }) {
    this.#routers = given.routers
    this.#open = given.open
  }

  async send(domain: FederatedDomain, request: RvpRequest): Promise<RvpResponse> {
    const way = this.#way(domain)
    for (let tried = 1; ; tried++) {
      const index = way.preferred
      try {
        return await way.client.forward(this.#lease(index), request)
      } catch (err) {
        if (!(err instanceof NodeUnreachableError)) throw err
        if (way.preferred === index) way.preferred = (index + 1) % this.#routers.length
        // NOTE: what may have arrived must not be sent twice (promise 3).
        if (err.mayHaveArrived || tried >= this.#routers.length) throw err
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ways = [...this.#ways.values()]
    this.#ways.clear()
    await Promise.all(ways.map(({ client }) => client[Symbol.asyncDispose]()))
  }

  #lease(index: number): HomeLease {
    const clusterUrl = this.#routers[index] ?? ''
    return { home: egressHome, epoch: 0, holder: { id: clusterUrl, clusterUrl } }
  }

  #way({ domain, limits: { connections, concurrent } }: FederatedDomain): Way {
    const known = this.#ways.get(domain)
    if (known) return known
    const client = this.#open({
      readConnections: connections,
      pipelining: 1,
      writeConnections: connections,
      deliveryConnections: connections,
      waiting: concurrent,
    })
    const way = { client, preferred: 0 }
    this.#ways.set(domain, way)
    return way
  }
}

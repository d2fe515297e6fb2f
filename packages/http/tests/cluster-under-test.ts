import {
  type HomeLease,
  type HomePeerService,
  ManualClock,
  parseHomeName,
  systemIds,
  type Tracer,
} from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import type { ClusterClient } from '../src/cluster-client.ts'
import type { ClusterClientLimits } from '../src/cluster-client-limits.ts'
import { createClusterClient } from '../src/cluster-client-undici.ts'
import { type ClusterEndpointOptions, clusterListenerLimits, createClusterEndpoint } from '../src/cluster-endpoint.ts'
import { ClusterKeys } from '../src/cluster-keys.ts'
import type { StreamEndpoint } from '../src/edge.ts'
import type { FinishedRequest } from '../src/edge-events.ts'
import type { ListenerTls } from '../src/listener.ts'
import type { RvpRequest, RvpResponse } from '../src/rvp-exchange.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

export const alice: LogicalUrl = userUrl('im.example.com', 'alice')
export const bob: LogicalUrl = userUrl('im.example.com', 'bob')

const noPeers: HomePeerService = {
  report: () => Promise.reject(new Error('nobody reports')),
  changesSince: () => Promise.reject(new Error('nobody asks')),
  adopt: () => Promise.reject(new Error('nobody moves')),
  moveNode: () => Promise.reject(new Error('nobody moves')),
}

export interface ClusterGiven {
  readonly service?: (request: RvpRequest) => RvpResponse | Promise<RvpResponse>
  readonly peers?: Partial<HomePeerService>
  readonly streams?: StreamEndpoint
  /** Of alice and bob, both unless it is given. */
  readonly serves?: (node: LogicalUrl) => boolean
  readonly status?: () => unknown
  readonly handBack?: ClusterEndpointOptions['handBack']
  /** Of both processes. */
  readonly tracer?: Tracer
  readonly limits?: Partial<ClusterClientLimits>
  readonly listenerTls?: ListenerTls
  readonly clientTls?: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }
}

/** A process that holds the home hq-1, and the client of another one; time stands still until the test moves it. */
export class ClusterUnderTest implements AsyncDisposable {
  readonly server: ListenerUnderTest
  readonly client: ClusterClient
  readonly clock: ManualClock
  /** Of the client, and of the endpoint. */
  readonly keys: { readonly client: ClusterKeys; readonly endpoint: ClusterKeys }
  readonly finished: readonly FinishedRequest[]
  /** Why identities were refused. */
  readonly refused: readonly string[]

  constructor(open: Omit<ClusterUnderTest, 'lease' | typeof Symbol.asyncDispose>) {
    this.server = open.server
    this.client = open.client
    this.clock = open.clock
    this.keys = open.keys
    this.finished = open.finished
    this.refused = open.refused
  }

  static async open(given: ClusterGiven = {}): Promise<ClusterUnderTest> {
    const clock = new ManualClock()
    const shared = [{ id: 'k1', secret: new Uint8Array(32).fill(7) }]
    const keys = { client: new ClusterKeys(shared), endpoint: new ClusterKeys(shared) }
    const finished: FinishedRequest[] = []
    const refused: string[] = []
    const service = given.service ?? (() => ({ status: 200 }))
    const held = {
      epoch: 1,
      service: { handle: async (request: RvpRequest) => await service(request) },
      peers: { ...noPeers, ...given.peers },
      serves: given.serves ?? ((node) => node === alice || node === bob),
    }
    const server = await ListenerUnderTest.open({
      limits: clusterListenerLimits,
      ...(given.listenerTls && { tls: given.listenerTls }),
      handler: createClusterEndpoint({
        held: (home) => (home === 'hq-1' ? held : undefined),
        keys: keys.endpoint,
        clock,
        domains: [{ domain: 'im.example.com', aliases: ['im'] }],
        streams: given.streams ?? { handle: () => undefined },
        ...(given.status && { status: given.status }),
        ...(given.handBack && { handBack: given.handBack }),
        tracer: given.tracer,
        events: {
          requestFinished: (request) => void finished.push(request),
          identityRefused: ({ err }) => void refused.push(err.message),
        },
      }),
    })
    const client = createClusterClient({
      keys: keys.client,
      clock,
      ids: systemIds,
      ...(given.clientTls && { tls: given.clientTls }),
      ...(given.limits && { limits: given.limits }),
      tracer: given.tracer,
    })
    return new ClusterUnderTest({ server, client, clock, keys, finished, refused })
  }

  /** A lease of `home` at the process, whether it holds it or not. */
  lease(home = 'hq-1'): HomeLease {
    const clusterUrl = this.server.listener.url.replace(
      '127.0.0.1',
      this.server.listener.url.startsWith('https') ? 'localhost' : '127.0.0.1',
    )
    return { home: parseHomeName(home), epoch: 1, holder: { id: 'process-1', clusterUrl } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]()
    await this.server[Symbol.asyncDispose]()
  }
}

/** A request of alice about bob, as an edge hands it on. */
export function clientRequest(
  method: string,
  given: { headers?: Readonly<Record<string, string>>; body?: string } & Partial<RvpRequest> = {},
): RvpRequest {
  const { headers = {}, body = '', ...rest } = given
  const lowerCase = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    method,
    node: bob,
    href: 'http://im.example.com/instmsg/aliases/Bob',
    authority: 'im.example.com',
    identity: { principal: alice, scheme: 'ntlm', displayName: 'Alice' },
    callerHref: 'http://im.example.com/instmsg/aliases/Alice',
    header: (name) => lowerCase.get(name.toLowerCase()),
    body,
    bytes: Buffer.from(body),
    clientAddress: '10.0.0.1',
    resolve: () => undefined,
    requestId: 'edge-1',
    requestHost: 'im',
    ...rest,
  }
}

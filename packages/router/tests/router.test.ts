import {
  HolderTable,
  HomeLeasesMemory,
  LocationsCached,
  LocationsMemory,
  parseHomeName,
  systemClock,
  systemIds,
} from '@parley/domain'
import {
  ClusterKeys,
  createClusterClient,
  createStreamToken,
  type RvpRequest,
  type RvpResponse,
  streamPath,
} from '@parley/http'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { createRouter, type Router, silentRouterEvents } from '../src/index.ts'
import { ClusterProcess, listen } from './cluster-process.ts'

const hq = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')

/** A router in front of two processes over real connections; `one` holds bob's home. */
class SmallCluster implements AsyncDisposable {
  readonly #owned: AsyncDisposableStack
  readonly #map = new LocationsMemory()
  readonly #leases = new HomeLeasesMemory(systemClock)
  readonly one: ClusterProcess
  readonly two: ClusterProcess
  readonly router: Router
  /** What is done when a request has to wait. */
  onHeld: () => unknown = () => {}

  private constructor(owned: AsyncDisposableStack, one: ClusterProcess, two: ClusterProcess) {
    this.#owned = owned
    this.one = one
    this.two = two
    this.router = createRouter({
      domains: ['im.example.com'],
      locations: owned.use(
        new LocationsCached({
          locations: this.#map,
          clock: systemClock,
          ids: systemIds,
          events: { backgroundFailed() {} },
        }),
      ),
      holders: owned.use(new HolderTable({ leases: this.#leases, clock: systemClock })),
      client: owned.use(createClusterClient({ keys: keysOfCluster(), clock: systemClock, ids: systemIds })),
      clock: systemClock,
      events: { ...silentRouterEvents, held: () => this.onHeld() },
    })
  }

  static async open(): Promise<SmallCluster> {
    const owned = new AsyncDisposableStack()
    const one = owned.use(await ClusterProcess.open(keysOfCluster()))
    const two = owned.use(await ClusterProcess.open(keysOfCluster()))
    const cluster = new SmallCluster(owned, one, two)
    await cluster.#map.put([{ node: bob, kind: 'user', home: hq, displayName: 'Bob' }])
    await cluster.handTo(one)
    return cluster
  }

  /** Has the process hold bob's home, as the leases say. */
  async handTo(process: ClusterProcess): Promise<void> {
    process.hold(hq)
    await this.#leases.release(hq, this.#leases.epoch(hq))
    await this.#leases.take(hq, { id: process.url, clusterUrl: process.url }, 86_400_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]()
  }
}

function keysOfCluster(): ClusterKeys {
  return new ClusterKeys([{ id: 'k1', secret: new Uint8Array(32).fill(7) }])
}

function messageToBob(): RvpRequest {
  const bytes = new TextEncoder().encode('<hello/>')
  const headers: Readonly<Record<string, string>> = { 'Content-Type': 'text/xml', 'RVP-Ack-Type': 'DeepOr' }
  return {
    method: 'NOTIFY',
    node: bob,
    href: bob,
    authority: 'im.example.com',
    identity: { principal: alice, scheme: 'digest', displayName: 'Alice' },
    callerHref: alice,
    header: (name) => headers[name],
    body: '<hello/>',
    bytes,
    clientAddress: '10.0.0.9',
    resolve: () => undefined,
    requestId: 'r-1',
    requestHost: 'im.example.com',
  }
}

function processOf({ headers }: RvpResponse): string | undefined {
  return headers?.find(([name]) => name === 'X-Process')?.[1]
}

describe('a router in front of processes', () => {
  it('brings a request as it was proved and sent, and the answer as it is', async () => {
    await using cluster = await SmallCluster.open()
    const { one, router } = cluster
    const answer = await router.handle(messageToBob())
    expect(answer.status).toBe(207)
    expect(new TextDecoder().decode(answer.body)).toBe('<d/>')
    const [request] = one.requests
    expect(request?.identity).toMatchObject({ principal: alice, scheme: 'digest' })
    expect([request?.method, request?.node, request?.body]).toEqual(['NOTIFY', bob, '<hello/>'])
    expect([request?.clientAddress, request?.requestId]).toEqual(['10.0.0.9', 'r-1'])
  })

  it('brings a message to the next holder, once, when the last one has given the home up', async () => {
    await using cluster = await SmallCluster.open()
    const { one, two, router } = cluster
    await router.handle(messageToBob())
    one.giveUp(hq)
    cluster.onHeld = () => cluster.handTo(two)
    expect(processOf(await router.handle(messageToBob()))).toBe(two.url)
    expect([one.requests.length, two.requests.length]).toEqual([1, 1])
    expect(router.counts()).toEqual({ held: 0, heldBytes: 0 })
  })

  it('brings a message to the next holder when the last one is gone', async () => {
    await using cluster = await SmallCluster.open()
    const { one, two, router } = cluster
    await one[Symbol.asyncDispose]()
    cluster.onHeld = () => cluster.handTo(two)
    expect(processOf(await router.handle(messageToBob()))).toBe(two.url)
    expect(two.requests).toHaveLength(1)
  })

  it('passes a stream through, and says that there is none', async () => {
    await using cluster = await SmallCluster.open()
    const { one, router } = cluster
    await using front = await listen((request) => router.streams.handle(request) ?? { status: 500, headers: [] })
    const token = createStreamToken(bob, systemIds)
    one.openStream(token)
    const opened = await fetch(`${front.url}${streamPath(token)}`)
    expect([opened.status, opened.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    const reader = opened.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain('event: open')
    await reader?.cancel()
    const unknown = await fetch(`${front.url}${streamPath(createStreamToken(bob, systemIds))}`)
    expect(unknown.status).toBe(404)
  })
})

import { type Clock, failureType, type HomeLease, type Ids, type Span, type Tracer } from '@parley/domain'
import { header, NotFoundError } from '@parley/protocol'
import { buildConnector, Client } from 'undici'
import { bodyText } from './body-text.ts'
import { type ClusterCall, type ClusterClient, NodeAnsweredError, NodeUnreachableError } from './cluster-client.ts'
import { type ClusterClientLimits, defaultClusterClientLimits } from './cluster-client-limits.ts'
import { Exchange, type NodeAnswer } from './cluster-exchange.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import { Lane, type LaneRequest } from './cluster-lane.ts'
import { StreamPass } from './cluster-stream.ts'
import { callPath, forwardedHeaders } from './cluster-wire.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'
import { identityHeader, SignedIdentities, type SignedRequest } from './signed-identity.ts'
import { streamPath, streamTokenOf } from './stream-hub.ts'
import { traceHeaders } from './trace-headers.ts'
import { endedWithAnswer } from './traced-answer.ts'

export interface ClusterClientOptions {
  readonly keys: ClusterKeys
  /** Follows the time of the cluster: identities are valid for half a minute. */
  readonly clock: Clock
  readonly ids: Pick<Ids, 'token'>
  /** For processes whose clusterUrl is https: who signs their certificates, and what we show them; in PEM. */
  readonly tls?: { readonly ca: string | Buffer; readonly cert: string | Buffer; readonly key: string | Buffer }
  /** What differs from the defaults. */
  readonly limits?: Partial<ClusterClientLimits>
  /** Absent: what is forwarded is part of no trace. */
  readonly tracer?: Tracer | undefined
}

/** The connections to one process. */
interface Upstream {
  readonly reads: Lane
  readonly writes: Lane
  readonly deliveries: Lane
  readonly streams: Set<Client>
  usedAt: number
}

/** A process that nobody asked for so long is forgotten when another one becomes known. */
const forgottenMs = 300_000

/** Sends requests to other processes of the cluster over undici. */
export function createClusterClient(options: ClusterClientOptions): ClusterClient {
  return new UndiciClusterClient(options)
}

class UndiciClusterClient implements ClusterClient {
  readonly #clock: Clock
  readonly #ids: Pick<Ids, 'token'>
  readonly #identities: SignedIdentities
  readonly #limits: ClusterClientLimits
  readonly #connect: buildConnector.connector
  readonly #tracer: Tracer | undefined
  readonly #upstreams = new Map<string, Upstream>()

  constructor({ keys, clock, ids, tls, limits, tracer }: ClusterClientOptions) {
    this.#tracer = tracer
    this.#clock = clock
    this.#ids = ids
    this.#identities = new SignedIdentities({ keys, clock })
    this.#limits = { ...defaultClusterClientLimits, ...limits }
    this.#connect = buildConnector({ ...tls, timeout: this.#limits.connectMs, allowH2: false })
  }

  forward(lease: HomeLease, request: RvpRequest): Promise<RvpResponse> {
    const span = this.#tracer?.startChild('forward', {
      kind: 'client',
      attributes: { 'http.request.method': request.method, 'parley.home': lease.home },
    })
    return span ? forwardedIn(span, this.#forward(lease, request, span)) : this.#forward(lease, request, undefined)
  }

  async #forward(lease: HomeLease, request: RvpRequest, span: Span | undefined): Promise<RvpResponse> {
    const { method, node, identity, callerHref, href, authority, clientAddress, requestHost, requestId, member } =
      request
    const hops = request.header(header.hopCount)
    const caller = { identity, callerHref, href, authority, clientAddress, requestHost, hops, member }
    const headers = this.#signed({ method, target: node, home: lease.home, requestId, caller })
    for (const name of forwardedHeaders) {
      const value = request.header(name)
      if (value !== undefined) headers.push(name, value)
    }
    if (span) headers.push(...traceHeaders(span.context))
    const upstream = this.#upstream(lease)
    const { deliveryMs, answerMs, answerBytes } = this.#limits
    const headersTimeout = method === 'NOTIFY' ? deliveryMs : answerMs
    const sent = { method, path: node, headers, body: request.bytes, headersTimeout }
    return await send(lease, laneFor(method, upstream), sent, answerBytes)
  }

  async stream(lease: HomeLease, request: HttpRequest): Promise<HttpResponse> {
    const { method } = request
    const token = streamTokenOf(request.target)
    if (token === undefined) throw new NotFoundError('no such stream')
    if (method !== 'GET' && method !== 'POST') return { status: 405, headers: [['Allow', 'GET, POST']] }
    const path = streamPath(token)
    const headers = this.#signed({ method, target: path, home: lease.home, requestId: this.#requestId() })
    const lastEventId = request.headers.get(header.lastEventId.toLowerCase())
    if (lastEventId !== undefined) headers.push(header.lastEventId, lastEventId)
    const sent = { method, path, headers, headersTimeout: this.#limits.answerMs }
    if (method === 'GET') return await this.#open(lease, sent)
    return await send(lease, this.#upstream(lease).writes, sent, this.#limits.answerBytes)
  }

  async call(lease: HomeLease, call: ClusterCall, body: unknown): Promise<unknown> {
    const path = callPath(lease.home, call)
    const headers = this.#signed({ method: 'POST', target: path, home: lease.home, requestId: this.#requestId() })
    headers.push(header.contentType, 'application/json')
    const { callMs, deliveryMs, callAnswerBytes } = this.#limits
    const headersTimeout = call === 'moveNode' || call === 'handBack' ? deliveryMs : callMs
    const json = Buffer.from(JSON.stringify(body ?? null))
    const sent: LaneRequest = { method: 'POST', path, headers, body: json, headersTimeout }
    const answer = await send(lease, this.#upstream(lease).writes, sent, callAnswerBytes)
    if (answer.status !== 200) throw new NodeAnsweredError(answer.status, bodyText(answer.body))
    return parseJson(answer.body)
  }

  superseded(by: HomeLease): void {
    for (const { reads, writes, deliveries } of this.#upstreams.values()) {
      for (const lane of [reads, writes, deliveries]) lane.superseded(by)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const upstreams = [...this.#upstreams.values()]
    this.#upstreams.clear()
    await Promise.all(upstreams.map(destroy))
  }

  async #open(lease: HomeLease, request: LaneRequest): Promise<HttpResponse> {
    const { streams } = this.#upstream(lease)
    const { pendingBytes, streamSilenceMs } = this.#limits
    if (streams.size >= this.#limits.streams) {
      throw new NodeUnreachableError('too many streams of one process', { mayHaveArrived: false })
    }
    const client = new Client(lease.holder.clusterUrl, { connect: this.#connect })
    const pass = new StreamPass(pendingBytes, () => {
      streams.delete(client)
      void client.destroy()
    })
    streams.add(client)
    client.dispatch({ ...request, reset: true, bodyTimeout: streamSilenceMs }, pass)
    return await pass.answer
  }

  #signed(request: SignedRequest): string[] {
    return [identityHeader, this.#identities.sign(request)]
  }

  #requestId(): string {
    return this.#ids.token().slice(0, 12)
  }

  #upstream({ holder }: HomeLease): Upstream {
    const now = this.#clock.elapsed()
    const known = this.#upstreams.get(holder.clusterUrl)
    if (known) {
      known.usedAt = now
      return known
    }
    this.#forgetUnused(now)
    const { readConnections, writeConnections, deliveryConnections, pipelining, idleMs, waiting, waitMs } = this.#limits
    const lane = (connections: number, depth: number) =>
      new Lane(holder.clusterUrl, {
        connect: this.#connect,
        connections,
        pipelining: depth,
        idleMs,
        waiting,
        waitMs,
        clock: this.#clock,
      })
    const upstream: Upstream = {
      reads: lane(readConnections, pipelining),
      writes: lane(writeConnections, 1),
      deliveries: lane(deliveryConnections, 1),
      streams: new Set(),
      usedAt: now,
    }
    this.#upstreams.set(holder.clusterUrl, upstream)
    return upstream
  }

  /** Processes come and go under new addresses; their idle connections close by themselves. */
  #forgetUnused(now: number): void {
    for (const [url, upstream] of this.#upstreams) {
      const { reads, writes, deliveries, streams, usedAt } = upstream
      const isIdle = reads.isIdle && writes.isIdle && deliveries.isIdle && streams.size === 0
      if (!isIdle || usedAt > now - forgottenMs) continue
      this.#upstreams.delete(url)
      void destroy(upstream)
    }
  }
}

/** Ends with the answer, which is the home's own: only what a home cannot do is a failure. */
async function forwardedIn(span: Span, forwarding: Promise<RvpResponse>): Promise<RvpResponse> {
  try {
    return endedWithAnswer(span, await forwarding)
  } catch (err) {
    span.fail(failureType(err))
    throw err
  }
}

function laneFor(method: string, { reads, writes, deliveries }: Upstream): Lane {
  switch (method) {
    case 'NOTIFY':
      return deliveries
    case 'PROPFIND':
    case 'SUBSCRIPTIONS':
      return reads
    default:
      return writes
  }
}

function send(lease: HomeLease, lane: Lane, request: LaneRequest, limitBytes: number): Promise<NodeAnswer> {
  const exchange = new Exchange(limitBytes)
  lane.send(request, exchange, lease)
  return exchange.answer
}

async function destroy({ reads, writes, deliveries, streams }: Upstream): Promise<void> {
  const clients = [...streams].map((client) => client.destroy())
  await Promise.all([reads.destroy(), writes.destroy(), deliveries.destroy(), ...clients])
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(bodyText(body))
  } catch (cause) {
    throw new NodeUnreachableError('a node of the cluster answers no JSON', { mayHaveArrived: true, cause })
  }
}

import type { Clock, Epoch, HandBackAnswer, HomeName, HomePeerService, Tracer } from '@parley/domain'
import { BadRequestError, ForbiddenError, header, type LogicalUrl, NotFoundError } from '@parley/protocol'
import { Addressing, type ServedDomain } from './addressing.ts'
import { bodyText } from './body-text.ts'
import { callHandlers, parseHandBackAsk } from './cluster-calls.ts'
import { clusterCalls, type HeldHomes, NotHeldError } from './cluster-client.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import { ClusterRequest } from './cluster-request.ts'
import { callPath, notBelievedHeader, notHeldHeader } from './cluster-wire.ts'
import type { StreamEndpoint } from './edge.ts'
import type { EdgeEvents } from './edge-events.ts'
import { egressHome } from './federation-egress.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from './http-message.ts'
import type { ListenerLimits } from './listener-limits.ts'
import { plainResponse } from './response-writer.ts'
import { answerOf, errorAnswer } from './rvp-answer.ts'
import type { RvpResponse, RvpService } from './rvp-exchange.ts'
import { identityHeader, SignedIdentities, type SignedRequest } from './signed-identity.ts'
import { streamsPrefix, streamTokenOf } from './stream-hub.ts'
import { nodeOfStreamToken } from './stream-token.ts'
import { readTraceHeaders } from './trace-headers.ts'
import { tracedAnswer } from './traced-answer.ts'

/** A home that this process holds, as other nodes of the cluster reach it. */
export interface HeldHome {
  readonly epoch: Epoch
  readonly service: RvpService
  readonly peers: HomePeerService
  /** Whether the node lives there, and is not about to leave: what the home does not have of it is nowhere else. */
  serves(node: LogicalUrl): boolean
}

/** What the endpoint reports about itself. */
export interface ClusterEndpointEvents extends Pick<EdgeEvents, 'requestFinished'> {
  /** Somebody asked without an identity that a node of the cluster signed just now; `err` says what is wrong with it. */
  identityRefused(refused: { readonly peer: string; readonly err: ForbiddenError }): void
}

export interface ClusterEndpointOptions {
  readonly held: HeldHomes<HeldHome>
  readonly keys: ClusterKeys
  /** Follows the time of the cluster: identities are valid for half a minute. */
  readonly clock: Pick<Clock, 'now'>
  readonly domains: readonly [ServedDomain, ...ServedDomain[]]
  readonly streams: StreamEndpoint
  /** Takes requests of other nodes for other IM domains: this one lets them out. Absent: nothing leaves here. */
  readonly foreign?: RvpService
  /** Whether a host is another IM domain (Addressing). */
  readonly isForeign?: (domain: string) => boolean
  /** Answers the call `status`, as JSON. Absent: nobody is told. */
  readonly status?: () => unknown
  /** Answers the call `handBack`: another process names a home that is held here. Absent: nothing is handed back. */
  readonly handBack?: (home: HomeName, epoch: Epoch) => Promise<HandBackAnswer>
  readonly events: ClusterEndpointEvents
  /** Absent: requests that are part of a trace are not told of. */
  readonly tracer?: Tracer | undefined
}

/**
 * What a listener for other nodes of the cluster needs beyond the defaults: whole nodes that move, and reports of 500 watches
 * (RemoteWatchingHome), which name five URLs each.
 */
export const clusterListenerLimits: Partial<ListenerLimits> = { bodyBytes: 8_000_000, connectionsPerAddress: 20_000 }

/**
 * Where other nodes of the cluster reach the homes that this process holds. Serves nothing that no node of the cluster signed,
 * and hands nothing on but what leaves the cluster here (`foreign`): a home that is not held is answered with 421.
 */
export function createClusterEndpoint(options: ClusterEndpointOptions): HttpHandler {
  const identities = new SignedIdentities(options)
  const { tracer } = options
  const addressing = new Addressing(options.domains, options.isForeign)
  return (request) => {
    let signed: SignedRequest
    try {
      signed = identities.verify(request.headers.get(identityHeader.toLowerCase()), request)
    } catch (err) {
      if (!(err instanceof ForbiddenError)) throw err
      options.events.identityRefused({ peer: request.connection.remoteAddress, err })
      return { status: err.status, headers: [[notBelievedHeader, '1']], body: `${err.publicMessage}\n` }
    }
    return tracer
      ? answerInTrace(tracer, request, signed, () => answerSigned(options, addressing, request, signed))
      : answerSigned(options, addressing, request, signed)
  }
}

/** Below the span of the node that sent the request, if it is part of a trace: what any other one says was not even looked at. */
function answerInTrace(
  tracer: Tracer,
  { headers, method }: HttpRequest,
  { home }: SignedRequest,
  answer: () => HttpResponse | Promise<HttpResponse>,
): HttpResponse | Promise<HttpResponse> {
  const parent = readTraceHeaders(headers)
  const attributes = { 'http.request.method': method, 'parley.home': home }
  const span = parent && tracer.startSpan(method, { kind: 'server', parent, attributes })
  return span ? tracedAnswer(tracer, span, answer) : answer()
}

function answerSigned(
  options: ClusterEndpointOptions,
  addressing: Addressing,
  request: HttpRequest,
  signed: SignedRequest,
): HttpResponse | Promise<HttpResponse> {
  const { foreign } = options
  const { caller } = signed
  if (foreign && caller && signed.home === egressHome) {
    return answerTo(options, request, signed, () =>
      foreign.handle(new ClusterRequest(request, signed, caller, addressing)),
    )
  }
  const home = options.held(signed.home)
  if (request.target.startsWith(streamsPrefix)) return answerStream(options, request, home)
  if (!home) return notHeld()
  return answerTo(options, request, signed, () =>
    signed.caller
      ? home.service.handle(new ClusterRequest(request, signed, signed.caller, addressing))
      : answerCall(options, request, signed, home),
  )
}

/**
 * While a home is handed over, devices may still acknowledge what they have been shown: it waits for that, as do the senders
 * (promise 3). Everything else about a stream is for the next holder. A device that is told 404 signs in anew, and only the
 * home that has its node knows that there is no such stream.
 */
async function answerStream(
  { streams }: ClusterEndpointOptions,
  request: HttpRequest,
  home: HeldHome | undefined,
): Promise<HttpResponse> {
  if (!home && request.method !== 'POST') {
    // NOTE: a device that was cut off comes back with what it has taken, for which senders wait here.
    if (request.method === 'GET') await streams.handle({ ...request, method: 'POST' })
    return notHeld()
  }
  const answer = (await streams.handle(request)) ?? plainResponse(404)
  if (answer.status !== 404) return answer
  const node = nodeOfStreamToken(streamTokenOf(request.target) ?? '')
  return home && (node === undefined || home.serves(node)) ? answer : notHeld()
}

async function answerTo(
  { clock, events }: ClusterEndpointOptions,
  request: HttpRequest,
  { method, target, caller, requestId }: SignedRequest,
  serve: () => Promise<RvpResponse>,
): Promise<HttpResponse> {
  const startedAt = clock.now()
  let err: unknown
  let response: HttpResponse
  try {
    response = answerOf(await serve())
  } catch (thrown) {
    err = thrown
    response = thrown instanceof NotHeldError ? notHeld() : errorAnswer(thrown, requestId)
  }
  events.requestFinished({
    reqId: requestId,
    method,
    node: caller && (target as ClusterRequest['node']),
    principal: caller?.identity.principal,
    peer: caller?.clientAddress ?? request.connection.remoteAddress,
    status: response.status,
    durationMs: clock.now() - startedAt,
    ...(err === undefined ? {} : { err }),
  })
  return response
}

async function answerCall(
  { status, handBack }: ClusterEndpointOptions,
  request: HttpRequest,
  { method, target, home }: SignedRequest,
  held: HeldHome,
): Promise<RvpResponse> {
  if (method !== 'POST') throw new NotFoundError('no such call')
  const body = parseJson(request.body)
  const call = clusterCalls.find((each) => target === callPath(home, each))
  if (call === 'status' && status) return json(status())
  if (call === 'handBack' && handBack) return json({ answer: await handBack(home, parseHandBackAsk(body).epoch) })
  if (call === undefined || call === 'status' || call === 'handBack') throw new NotFoundError('no such call')
  return json(await callHandlers[call](held.peers, body))
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(bodyText(body))
  } catch {
    throw new BadRequestError('the body is not JSON')
  }
}

function json(value: unknown): RvpResponse {
  const body = Buffer.from(JSON.stringify(value ?? null))
  return { status: 200, headers: [[header.contentType, 'application/json']], body }
}

function notHeld(): HttpResponse {
  return { status: 421, headers: [[notHeldHeader, '1']] }
}

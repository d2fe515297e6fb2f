import type { X509Certificate } from 'node:crypto'
import type { Clock, Ids } from '@parley/domain'
import {
  domainOf,
  ForbiddenError,
  header,
  isRvpMethod,
  type LogicalUrl,
  LoopDetectedError,
  NotFoundError,
  NotImplementedError,
  parseHopCount,
  parseLogicalUrl,
  parsePhysicalPath,
  parseSpelledUrl,
  RvpError,
} from '@parley/protocol'
import { Addressing, type ServedDomain } from './addressing.ts'
import type { FederationEvents } from './federation-events.ts'
import { DomainGates } from './federation-gate.ts'
import { FederatedCallerRequest } from './federation-incoming.ts'
import { type FederatedDomain, type FederationPolicy, provesDomain } from './federation-policy.ts'
import type { HttpConnectionInfo, HttpHandler, HttpRequest, HttpResponse } from './http-message.ts'
import type { ListenerLimits } from './listener-limits.ts'
import { answerOf, errorAnswer } from './rvp-answer.ts'
import type { RvpService } from './rvp-exchange.ts'

export interface FederationEndpointOptions {
  readonly policy: Pick<FederationPolicy, 'inbound'>
  /** Who signs the certificates of domains that have no authorities of their own. */
  readonly authorities: readonly X509Certificate[]
  /** Our IM domains. */
  readonly domains: readonly [ServedDomain, ...ServedDomain[]]
  /** A router. */
  readonly service: RvpService
  readonly clock: Clock
  readonly ids: Pick<Ids, 'token'>
  readonly events: FederationEvents
  /** RVP-Hop-Count above which a request is taken for a loop (RVP §7.2). */
  readonly maxHops?: number
}

/** What a listener for other IM domains lets them cost beyond what the policy bounds. */
export const federationListenerLimits: Partial<ListenerLimits> = {
  connections: 4_096,
  connectionsPerAddress: 64,
  connectionsFromLoopback: 64,
}

/** Who speaks, and for whom: a server proves its domain, and is believed about that domain's users. */
interface Caller {
  readonly domain: FederatedDomain
  readonly principal: LogicalUrl
  readonly href: string
}

const defaultMaxHops = 10

/**
 * Where the servers of other IM domains reach our nodes, behind a listener that asks for certificates. A caller is of the domain that its
 * certificate proves, whatever its headers say; who proves nothing, or is not in the policy, gets 403.
 */
export function createFederationEndpoint(options: FederationEndpointOptions): HttpHandler {
  const addressing = new Addressing(options.domains)
  const gates = new DomainGates(options.clock)
  const instance = options.ids.token().slice(0, 8)
  let count = 0
  return async (request) => {
    count += 1
    return await answerTo(options, { addressing, gates }, request, `${instance}-f${count.toString(36)}`)
  }
}

async function answerTo(
  options: FederationEndpointOptions,
  { addressing, gates }: { addressing: Addressing; gates: DomainGates },
  http: HttpRequest,
  reqId: string,
): Promise<HttpResponse> {
  const { clock, events, service } = options
  const startedAt = clock.now()
  const { connection, method } = http
  let caller: Caller | undefined
  let node: LogicalUrl | undefined
  let err: unknown
  let response: HttpResponse
  try {
    const proved = callerOf(http, options)
    caller = proved
    if (!isRvpMethod(method)) throw new NotImplementedError('the method is not part of RVP')
    const href = hrefOf(http)
    node = parsePhysicalPath(parseSpelledUrl(href).path) ? undefined : addressing.resolver(undefined)(href)
    if (node === undefined) throw new NotFoundError('no such IM domain here')
    if (parseHopCount(http.headers.get(header.hopCount.toLowerCase())) > (options.maxHops ?? defaultMaxHops)) {
      throw new LoopDetectedError('the request went over too many hops')
    }
    const request = new FederatedCallerRequest(http, {
      node,
      href,
      principal: proved.principal,
      callerHref: proved.href,
      requestId: reqId,
      resolve: addressing.resolver(undefined, proved.domain.domain),
    })
    response = answerOf(await gates.of(proved.domain).pass(() => service.handle(request)))
  } catch (thrown) {
    err = thrown
    response = caller ? errorAnswer(thrown, reqId) : { ...errorAnswer(thrown, reqId), close: true }
  }
  const peer = connection.remoteAddress
  if (caller) {
    const { domain } = caller.domain
    const { status } = response
    events.exchanged({ domain, direction: 'inbound', reqId, method, status, ...(err !== undefined && { err }) })
  } else {
    events.refused({ peer, reqId, reason: err instanceof RvpError ? err.message : 'the request cannot be read' })
  }
  events.requestFinished({
    reqId,
    method,
    node,
    principal: caller?.principal,
    peer,
    status: response.status,
    durationMs: clock.now() - startedAt,
    ...(err !== undefined && { err }),
  })
  return response
}

/** Throws ForbiddenError unless the certificate proves the domain of RVP-From-Principal, and the policy lets that in. */
function callerOf(
  http: HttpRequest,
  { policy, authorities }: Pick<FederationEndpointOptions, 'policy' | 'authorities'>,
): Caller {
  const claimed = http.headers.get(header.fromPrincipal.toLowerCase())
  if (claimed === undefined) throw new ForbiddenError(`${header.fromPrincipal} is required`)
  const principal = parseLogicalUrl(claimed)
  const domain = policy.inbound(principal)
  if (!domain) throw unproved(`${domainOf(principal)} may not reach us`)
  if (!isProved(http.connection, domain, authorities)) throw unproved(`the certificate does not prove ${domain.domain}`)
  return { domain, principal, href: claimed.trim() }
}

// NOTE: the listener trusts the authorities of all domains at once, and one of them must not speak for another's domain, whether or
// not that one has authorities of its own.
function isProved(
  { peerCertificate }: HttpConnectionInfo,
  domain: FederatedDomain,
  authorities: readonly X509Certificate[],
): boolean {
  if (!peerCertificate || !provesDomain(peerCertificate.subjectAltNames, domain)) return false
  return peerCertificate.isSignedBy(domain.authorities?.certificates ?? authorities)
}

/** The same answer for all, so that nobody learns whom we know. */
function unproved(detail: string): ForbiddenError {
  return new ForbiddenError('no certificate proves the IM domain of the principal', { detail })
}

/** The node's URL as the other server spells it. */
function hrefOf({ target, headers }: HttpRequest): string {
  const url = target.startsWith('/') ? `http://${headers.get('host') ?? ''}${target}` : target
  const { authority, path } = parseSpelledUrl(url)
  return `http://${authority}${path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path}`
}

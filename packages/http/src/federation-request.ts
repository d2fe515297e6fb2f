import {
  aliasOf,
  domainOf,
  ForbiddenError,
  header,
  type LogicalUrl,
  logicalUrlOf,
  notificationsVersion,
  parseAckType,
  parseHopCount,
  parseLifetimeSeconds,
  parseNotificationType,
  parseSpelledUrl,
  parseSubscriptionId,
  pathOf,
  xmlContentType,
} from '@parley/protocol'
import { federatedBody } from './federation-body.ts'
import type { RvpRequest } from './rvp-exchange.ts'

/** A request as it goes to the server of another IM domain. */
export interface FederatedRequest {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Uint8Array
}

/**
 * Writes a request for another IM domain: what RVP needs, canonical, and nothing else that a client sent, so that no address
 * of a client leaves (promise 6). Throws ForbiddenError and BadRequestError for what must not leave.
 */
export function federatedRequest(request: RvpRequest): FederatedRequest {
  const { method, node, identity } = request
  refuseSignIn(request)
  const body = federatedBody(request)
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    [header.host, domainOf(node)],
    [header.notificationsVersion, notificationsVersion],
    [header.fromPrincipal, identity.principal],
    [header.hopCount, parseHopCount(request.header(header.hopCount)) + 1],
    [header.requestId, request.requestId],
    [header.ackType, method === 'NOTIFY' ? parseAckType(request.header(header.ackType)) : undefined],
    [header.depth, method === 'PROPFIND' ? depth(request) : undefined],
    [header.notificationType, parseNotificationType(request.header(header.notificationType))],
    [header.subscriptionId, parseSubscriptionId(request.header(header.subscriptionId))],
    [header.subscriptionLifetime, parseLifetimeSeconds(request.header(header.subscriptionLifetime))],
    [header.callBack, callBack(request)],
    [header.contentType, body.length > 0 ? xmlContentType : undefined],
  ]
  const headers = fields.flatMap(([name, value]) => (value === undefined ? [] : [name, `${value}`]))
  return { method, path: pathAsSpelled(node, request.href), headers, body }
}

/** A device signs in at its user's own home, and nowhere else. */
function refuseSignIn(request: RvpRequest): void {
  const isLogin = parseNotificationType(request.header(header.notificationType)) === 'pragma/notify'
  if (request.method === 'SUBSCRIBE' && isLogin && aliasOf(request.node) !== undefined) {
    throw new ForbiddenError('nobody signs in at another IM domain')
  }
}

/** The caller's own node, whatever the client gave: its home hands on what comes (RVP §5.1.4). A renewal has none. */
function callBack(request: RvpRequest): LogicalUrl | undefined {
  if (request.method !== 'SUBSCRIBE') return undefined
  const isRenewal = request.header(header.subscriptionId) !== undefined && request.header(header.callBack) === undefined
  return isRenewal ? undefined : request.identity.principal
}

function depth(request: RvpRequest): string | undefined {
  const value = request.header(header.depth)?.trim().toLowerCase()
  return value !== undefined && /^(?:0|1|infinity)$/.test(value) ? value : undefined
}

/** The client compares the hrefs of the answer with its own spelling (client-facts §1.4). */
function pathAsSpelled(node: LogicalUrl, href: string): string {
  const { path } = parseSpelledUrl(href)
  return logicalUrlOf(domainOf(node), path) === node ? path : pathOf(node)
}

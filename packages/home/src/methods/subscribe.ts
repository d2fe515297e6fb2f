import { type DeliveryTarget, demand, may, pinCallBack, type RvpNode, watchRight } from '@parley/domain'
import { createStreamToken, type RvpRequest, type RvpResponse, streamPath } from '@parley/http'
import {
  BadRequestError,
  detached,
  domainOf,
  ForbiddenError,
  header,
  type LogicalUrl,
  type NotificationType,
  parseCallBack,
  parseLifetimeSeconds,
  parseNotificationType,
  parseSubscriptionId,
  writeMultistatus,
} from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { presenceProperties } from '../presence-properties.ts'
import { type MethodHandler, requiredHeader } from './method-handler.ts'

type SubscribeDeps = Pick<
  HomeDeps,
  'nodes' | 'directory' | 'subscriptions' | 'callBackPolicy' | 'clock' | 'ids' | 'createPolicy'
>

/** SUBSCRIBE: sign a device in, watch a node, or renew either (RVP §5.1). */
export function subscribe(deps: SubscribeDeps): MethodHandler {
  return async (request) => {
    const node = deps.nodes.get(request.node)
    const id = parseSubscriptionId(request.header(header.subscriptionId))
    // NOTE: a renewal carries an id and no Call-Back; real clients send no Notification-Type with it (client-facts §5, 22).
    if (id !== undefined && request.header(header.callBack) === undefined) return await renew(deps, node, id, request)
    const type = requiredHeader(request, header.notificationType, parseNotificationType)
    // NOTE: like Exchange we take no static subscription: somebody has to renew it (RVP §5.1.2).
    const lifetimeSeconds = requiredHeader(request, header.subscriptionLifetime, parseLifetimeSeconds)
    admit(node, request, type)
    const { target, granted } = await targetOf(deps, node, request, type)
    const subscription = await deps.subscriptions.create(node, {
      type,
      subscriber: request.identity.principal,
      isForeign: request.identity.scheme === 'federated',
      target,
      href: toKeep(request.href, node.url),
      subscriberHref: toKeep(request.callerHref, request.identity.principal),
      lifetimeSeconds,
    })
    const headers = [...leaseHeaders(deps, subscription), ...granted]
    if (type === 'pragma/notify') return { status: 200, headers }
    const properties = presenceProperties(deps, node, request.identity)
    return { status: 207, headers, xml: writeMultistatus(request.href, [{ status: 200, properties }]) }
  }
}

/** A spelling in memory of its own: the canonical URL itself where they are equal, never a slice of the request. */
function toKeep(spelled: string, canonical: LogicalUrl): string {
  return spelled === canonical ? canonical : detached(spelled)
}

async function renew(deps: SubscribeDeps, node: RvpNode, id: number, request: RvpRequest): Promise<RvpResponse> {
  const lifetimeSeconds = requiredHeader(request, header.subscriptionLifetime, parseLifetimeSeconds)
  const renewed = await deps.subscriptions.renew(node, id, request.identity, lifetimeSeconds)
  return { status: 200, headers: leaseHeaders(deps, renewed) }
}

function leaseHeaders(
  { clock }: Pick<HomeDeps, 'clock'>,
  subscription: { readonly id: number; readonly expiresAt: number },
): readonly (readonly [string, string])[] {
  // The answer states the lease we granted, which may differ from the one asked for (RVP §5.1.2).
  const seconds = Math.max(1, Math.round((subscription.expiresAt - clock.now()) / 1000))
  return [
    [header.subscriptionId, `${subscription.id}`],
    [header.subscriptionLifetime, `${seconds}`],
  ]
}

function admit(node: RvpNode, request: RvpRequest, type: NotificationType): void {
  if (type === 'update/propchange') demand(node, request.identity, watchRight(node))
  else demand(node, request.identity, 'receive-from')
  // NOTE: a user's devices also hear those whom the user watches, and who need not let anybody else see them.
  if (type === 'pragma/notify' && node.kind === 'user' && request.identity.principal !== node.url) {
    throw new ForbiddenError('nobody else’s device can sign in to a user’s node')
  }
}

/** Where notifications shall go: a stream, a listener at the client's address, or the subscriber's own node (RVP §5.1.4). */
async function targetOf(
  deps: SubscribeDeps,
  node: RvpNode,
  request: RvpRequest,
  type: NotificationType,
): Promise<{ target: DeliveryTarget; granted: readonly (readonly [string, string])[] }> {
  const isLogin = type === 'pragma/notify' && node.kind === 'user'
  const callBack = request.header(header.callBack)
  if (callBack === undefined) {
    if (!isLogin) return { target: { kind: 'node', node: request.identity.principal }, granted: [] }
    if (request.header(header.stream) === undefined) throw new BadRequestError(`${header.callBack} is required`)
    const token = createStreamToken(node.url, deps.ids)
    return { target: { kind: 'stream', token }, granted: [[header.stream, streamPath(token)]] }
  }
  const logical = request.resolve(callBack)
  if (request.identity.scheme === 'federated') return { target: foreignTarget(request, logical), granted: [] }
  const receiver = logical === undefined ? undefined : deps.nodes.find(logical)
  // NOTE: the subscriber's own node may live at another home, which then is not asked.
  if (logical !== undefined && (receiver || logical === request.identity.principal)) {
    if (isLogin) throw new BadRequestError('a node cannot be its own Call-Back')
    if (logical !== request.identity.principal) {
      // NOTE: the subscribed node must allow it, and so must the one that would receive: it never asked (promise 5).
      const allowed =
        may(node, request.identity, 'subscribe-others') && receiver && may(receiver, request.identity, 'write')
      if (!allowed) throw new ForbiddenError('Call-Back names somebody else')
    }
    return { target: { kind: 'node', node: logical }, granted: [] }
  }
  const { host, port, path } = parseCallBack(callBack)
  const address = await pinCallBack({ host, port }, request.clientAddress, deps.callBackPolicy)
  return {
    target: { kind: 'callback', host: port === 80 ? host : `${host}:${port}`, address, port, path },
    granted: [],
  }
}

/** NOTE: the server of another IM domain gets what its users hear, so that nobody else's host can be named (promise 6). */
function foreignTarget({ identity }: RvpRequest, logical: LogicalUrl | undefined): DeliveryTarget {
  if (logical !== undefined && domainOf(logical) === domainOf(identity.principal))
    return { kind: 'node', node: logical }
  throw new ForbiddenError('Call-Back from another IM domain must be a logical URL of that domain')
}

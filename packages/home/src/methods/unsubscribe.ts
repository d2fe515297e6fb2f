import { header, parseSubscriptionId } from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { type MethodHandler, requiredHeader } from './method-handler.ts'

/** UNSUBSCRIBE: end one subscription by its id (RVP §5.2). */
export function unsubscribe({
  nodes,
  subscriptions,
  presence,
}: Pick<HomeDeps, 'nodes' | 'subscriptions' | 'presence'>): MethodHandler {
  return async (request) => {
    const node = nodes.get(request.node)
    const id = requiredHeader(request, header.subscriptionId, parseSubscriptionId)
    const device = await subscriptions.end(node, id, request.identity)
    const view = device?.view
    // NOTE: librvp says offline and unsubscribes at the same time; either of them is a sign-off (client-facts §5, 26).
    if (view !== undefined) await node.queue.run(() => presence.end(node, view))
    return { status: 200 }
  }
}

import { demand } from '@parley/domain'
import { header, parseNotificationType, writeSubscriptions } from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { spellFor } from '../spelling.ts'
import type { MethodHandler } from './method-handler.ts'

/** SUBSCRIPTIONS: who is subscribed to a node, and for how long still (RVP §5.3). */
export function subscriptions({
  nodes,
  subscriptions,
  clock,
}: Pick<HomeDeps, 'nodes' | 'subscriptions' | 'clock'>): MethodHandler {
  return async (request) => {
    const node = nodes.get(request.node)
    demand(node, request.identity, 'subscriptions')
    const type = parseNotificationType(request.header(header.notificationType))
    const listed = subscriptions.list(node, type)
    const now = clock.now()
    return {
      status: 200,
      xml: writeSubscriptions(
        listed.map(({ id, subscriber, expiresAt }) => ({
          id,
          href: spellFor(request, subscriber),
          secondsLeft: Math.ceil((expiresAt - now) / 1000),
        })),
      ),
    }
  }
}

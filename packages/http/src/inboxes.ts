import type { Clock, InboxFactory } from '@parley/domain'
import { type CallbackLimits, defaultCallbackLimits } from './callback-limits.ts'
import { CallbackNetwork } from './callback-network.ts'
import { CallbackInbox } from './inbox-callback.ts'
import type { StreamHub } from './stream-hub.ts'

/** Makes inboxes that deliver over HTTP; `callback` throws BadRequestError for a target that no request can be made for. */
export function createInboxes({
  clock,
  limits = {},
  hub,
}: {
  clock: Clock
  limits?: Partial<CallbackLimits>
  hub: StreamHub
}): InboxFactory {
  const network = new CallbackNetwork({ clock, limits: { ...defaultCallbackLimits, ...limits } })
  return {
    callback: (target, events) => new CallbackInbox(network, target, events),
    stream: (token, events) => hub.open(token, events),
  }
}

import type { Clock, InboxFactory } from '@parley/domain'
import { type CallbackLimits, defaultCallbackLimits } from './callback-limits.ts'
import { CallbackNetwork } from './callback-network.ts'
import { CallbackInbox, type MayDeliver } from './inbox-callback.ts'
import type { StreamHub } from './stream-hub.ts'

/** What inboxes of one process need; `limits` are for all of them together. */
export interface InboxesOptions {
  readonly clock: Clock
  readonly limits?: Partial<CallbackLimits>
  readonly hub: StreamHub
}

/** Makes inboxes that deliver over HTTP; `callback` throws BadRequestError for a target that no request can be made for. */
export function createInboxes(options: InboxesOptions): InboxFactory {
  return createInboxesOfHomes(options)()
}

/**
 * The same for each of the homes of a process, which share the limits. A Call-Back is sent nothing while the home's `mayDeliver`
 * says no: a process that wakes up after another one took its home would tell a device old states after the new ones. Streams
 * are not asked for: theirs is a connection to this process, and the next holder tells its devices all states anew.
 */
export function createInboxesOfHomes({
  clock,
  limits = {},
  hub,
}: InboxesOptions): (mayDeliver?: MayDeliver) => InboxFactory {
  const network = new CallbackNetwork({ clock, limits: { ...defaultCallbackLimits, ...limits } })
  return (mayDeliver) => ({
    callback: (target, events) => new CallbackInbox(network, target, events, mayDeliver),
    stream: (token, events) => hub.open(token, events),
  })
}

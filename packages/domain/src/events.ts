import type { LogicalUrl, PresenceState } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import type { DeliveryOutcome } from './inbox.ts'

/** What the domain reports about itself: the one place where each fact is counted and logged (style.md, principle 12). */
export interface DomainEvents {
  /** A user's state, as derived from its views, has changed. */
  presenceChanged(node: LogicalUrl, state: PresenceState): void
  /** A message, or another notification that its sender waits for, reached a device or failed to. */
  messageDelivered(node: LogicalUrl, outcome: DeliveryOutcome): void
  /** Presence notifications handed to inboxes for one change. */
  presenceNotified(count: number): void
  /** A device signed in; `devices` is how many its user has now. */
  deviceSignedIn(node: LogicalUrl, devices: number): void
  /** A device is gone: it signed off, its lease ran out, it is dead, or another one took its place. */
  deviceGone(node: LogicalUrl, why: 'signed-off' | 'expired' | 'dead' | 'replaced' | 'disabled'): void
  /** Nothing was heard of a home for so long that its nodes are shown offline; or it is heard again. */
  homeHeard(home: HomeName, isHeard: boolean): void
  /** A watch on another home's node was ignored: its watcher watches as many nodes as it may. */
  watchIgnored(watcher: LogicalUrl): void
  /** Work that nobody waits for has failed, e.g. removing an expired lease from the store. */
  backgroundFailed(what: string, err: unknown): void
}

/** Events that nobody looks at. */
export const silentEvents: DomainEvents = {
  presenceChanged() {},
  messageDelivered() {},
  presenceNotified() {},
  deviceSignedIn() {},
  deviceGone() {},
  homeHeard() {},
  watchIgnored() {},
  backgroundFailed() {},
}

import type { AckType, LogicalUrl, PresenceState } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import type { Identity } from './identity.ts'
import type { DeliveryOutcome } from './inbox.ts'
import type { Epoch, StoredNode } from './node-store.ts'

/** A watch of one home's user on another home's node. */
export interface RemoteWatch {
  readonly watcher: LogicalUrl
  /** Whose devices hear of it: the watcher's own node, or another one that its Call-Back names (RVP §5.1.4). */
  readonly receiver: LogicalUrl
  /** The presentity's and the watcher's URL as the watcher spells them. */
  readonly href: string
  readonly watcherHref: string
  /** Whether the presentity's access list lets the watcher see its presence. */
  readonly permitted: boolean
  /** The state that the answer to its SUBSCRIBE showed; absent when the watch is told again. */
  readonly told?: PresenceState
}

/** What changed about the watches that users of one home hold on one presentity of another. */
export interface PresentityReport {
  readonly presentity: LogicalUrl
  readonly sequence: number
  readonly state: PresenceState
  /** When the state changed last, in milliseconds since 1970. */
  readonly changedAt?: number
  readonly put: readonly RemoteWatch[]
  /** Watches that are over; `put` and `removed` name a watch by watcher and receiver. */
  readonly removed: readonly Pick<RemoteWatch, 'watcher' | 'receiver'>[]
  /**
   * Present when the next report goes on with this presentity's watches: its state is shown to those who watched it before
   * only then, since some of them may no longer see it (promise 5).
   */
  readonly more?: true
}

/** A batch of reports from a presentity's home to the home of watchers. Reports of one home come one batch after the other. */
export interface WatchReport {
  readonly from: HomeName
  readonly epoch: Epoch
  /** Grows with each batch that is sent in an epoch: one that was given up and comes late, after a newer one, is refused. */
  readonly number: number
  readonly reports: readonly PresentityReport[]
  /**
   * Present while everything is told again, because one of the two homes has a new epoch: the same number in all its batches,
   * `last` in the last one. What was not told again by then is over. States that changed after `since` (milliseconds since
   * 1970) may not have reached the watchers' devices.
   */
  readonly full?: { readonly number: number; readonly last: boolean; readonly since: number }
}

/** Changes of presentities that one home watches at another, since a change number. */
export interface ChangesAnswer {
  readonly epoch: Epoch
  /** Number of the home's last change. */
  readonly change: number
  /** Changes published that the asking home watched (HomeBeat.published). */
  readonly published: number
  /**
   * The newest state of each node that changed since; of all that is watched when `complete`. None when the epoch asked for
   * is another one: then everything is told by reports, since access may have changed with it (promise 5).
   */
  readonly states: readonly { readonly node: LogicalUrl; readonly sequence: number; readonly state: PresenceState }[]
  readonly complete: boolean
}

/**
 * Where a member of a group, or a subscriber of a resource, hears a notification that its home is handed. `devices`: as any
 * other. `call-back`: at a Call-Back of its own that the group's home reaches; the member's home only says whether the sender
 * may. In both cases a member without a device, or who blocks the sender, is nobody: the group is told, not the sender.
 */
export type MemberInbox = 'devices' | 'call-back'

/** A notification that one home hands on to a node of another home, or of another IM domain. */
export interface ForwardedNotification {
  readonly node: LogicalUrl
  /** In whose name: the sender, or the node that announces something of its own. */
  readonly sender: Identity
  readonly ack: AckType
  /** RVP-Hop-Count to send. */
  readonly hops: number
  readonly body: string
  /** Present when the node hears it as a member of a group. */
  readonly member?: MemberInbox | undefined
}

/**
 * What homes ask of each other, over a connection that answers (not the bus). Every call finds the present holder of the
 * home by itself, gives up within a few seconds, and rejects with UnavailableError when nobody answered.
 */
export interface HomePeers {
  /** Tells a home about its users' watches on nodes of the teller. Idempotent. Resolves with the told home's epoch. */
  report(to: HomeName, report: WatchReport): Promise<{ readonly epoch: Epoch }>
  /** Asks a home for the states that `by` may have missed: since `change` of `epoch`, or all when it remembers too little. */
  changesSince(
    home: HomeName,
    ask: { readonly by: HomeName; readonly epoch: Epoch; readonly change: number },
  ): Promise<ChangesAnswer>
  /** Delivers a notification to a node that lives elsewhere, and says what became of it. Never rejects. */
  notify(notification: ForwardedNotification): Promise<DeliveryOutcome>
  /** Hands a moving node to its new home, which stores it and waits for the map to name it. */
  adopt(home: HomeName, node: StoredNode): Promise<void>
}

/** The same calls as the home that is asked sees them. */
export interface HomePeerService {
  report(report: WatchReport): Promise<{ readonly epoch: Epoch }>
  changesSince(ask: { readonly by: HomeName; readonly epoch: Epoch; readonly change: number }): Promise<ChangesAnswer>
  adopt(node: StoredNode): Promise<void>
  /** Moves one node of this home to another home, with everything it holds, while it is used. Rejects with RvpError. */
  moveNode(node: LogicalUrl, to: HomeName): Promise<void>
}

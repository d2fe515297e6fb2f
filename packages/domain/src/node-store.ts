import type { AccessList, LogicalUrl, NotificationType, PresenceState } from '@parley/protocol'
import type { SourceId } from './directory-source.ts'

export type NodeKind = 'user' | 'group' | 'resource'

/** Unique within one node, 1 to 2^31-1 (RVP §5.1.1; client-facts §5, 20). */
export type SubscriptionId = number

/** Unique within one node, 1 to 2^31-1 (RVP §5.5). */
export type ViewId = number

/** Grows each time somebody takes a home; a store refuses writes of an old one (design.md, "Holding a home"). */
export type Epoch = number

/** Where notifications of a subscription go (RVP §5.1.4). */
export type DeliveryTarget =
  /** A listener at a pinned address. `host` is as the subscriber spelled it, for the Host header. */
  | {
      readonly kind: 'callback'
      readonly host: string
      readonly address: string
      readonly port: number
      readonly path: string
    }
  /** The inboxes of another node: Call-Back is a logical URL. */
  | { readonly kind: 'node'; readonly node: LogicalUrl }
  /** A stream that the device opens itself; `token` names it and is the capability to open it. */
  | { readonly kind: 'stream'; readonly token: string }

export interface StoredSubscription {
  readonly id: SubscriptionId
  readonly type: NotificationType
  readonly subscriber: LogicalUrl
  readonly target: DeliveryTarget
  /** The subscribed node's URL exactly as the subscriber spells it: notifications must repeat it (client-facts §5, 17). */
  readonly href: string
  /** The subscriber's own URL as it spells it. */
  readonly subscriberHref: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** One device's presence of a user (RVP §5.5, view-id). */
export interface StoredView {
  readonly id: ViewId
  readonly state: PresenceState
  /** What `state` falls back to when the lease runs out. */
  readonly defaultState: PresenceState
  readonly expiresAt: number
  /** The login subscription of the same device, once known. */
  readonly device?: SubscriptionId
}

/** A property other than the state: `name` in Clark notation (`{DAV:}displayname`), `xml` its canonical inner XML. */
export interface StoredProperty {
  readonly name: string
  readonly xml: string
}

/** Facts of a node that are not lists: its kind, owner, access list, shared state, and the order of its changes. */
export interface StoredNodeHead {
  readonly kind: NodeKind
  readonly owner?: LogicalUrl
  /** Only entries that somebody set; defaults are not stored. */
  readonly acl?: AccessList
  /** The state that devices share (RVP §5.5, "busy"). */
  readonly sharedState?: PresenceState
  /** When the derived state changed last: after a kill, watchers of recent changes are told again. Milliseconds since 1970. */
  readonly changedAt?: number
  /**
   * The mark of a move to another home that has begun (Locations.mark), written before the copy is made and handed over with
   * it: whoever restores the node must put an end to that move first, with a mark of its own.
   */
  readonly moving?: string
  /**
   * Whose records these are (MapEntry.id): whoever is given the alias later begins with nothing. Absent where nobody knows: in a
   * directory without ids, or until the node is written next.
   */
  readonly person?: SourceId
  /** The URL under which the store had the node last: what it may still have there is out of date (docs/adr/0021). */
  readonly formerly?: LogicalUrl
}

export interface StoredNode {
  readonly node: LogicalUrl
  readonly head: StoredNodeHead
  readonly subscriptions: readonly StoredSubscription[]
  readonly views: readonly StoredView[]
  readonly properties: readonly StoredProperty[]
}

export type NodeChange =
  | { readonly kind: 'put-head'; readonly head: StoredNodeHead }
  | { readonly kind: 'put-subscription'; readonly subscription: StoredSubscription }
  | { readonly kind: 'remove-subscription'; readonly id: SubscriptionId }
  | { readonly kind: 'put-view'; readonly view: StoredView }
  | { readonly kind: 'remove-view'; readonly id: ViewId }
  | { readonly kind: 'put-property'; readonly property: StoredProperty }
  | { readonly kind: 'remove-property'; readonly name: string }
  /** The node and all it holds. */
  | { readonly kind: 'remove-node' }

/** Subscriptions, views, access lists and properties of nodes, kept over a kill (promise 1). */
export interface NodeStore {
  /** Every node that holds anything. Throws `CorruptStoreError` rather than leaving something out. */
  load(): AsyncIterable<StoredNode>
  /**
   * Applies all of `changes` or none; durable when it resolves. Commits of one node take effect in the order of the calls.
   * Rejects with `UnavailableError` when it cannot write, `StaleEpochError` when a newer holder exists.
   */
  commit(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void>
}

/** Another process has taken the home since: what this one knows may be out of date. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError'
}

/** What is on disk cannot be read; the message names the record and what to do, never its content. */
export class CorruptStoreError extends Error {
  override readonly name = 'CorruptStoreError'
}

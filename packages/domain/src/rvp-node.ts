import type { AccessList, LogicalUrl, PresenceState } from '@parley/protocol'
import { effectiveAccessList } from '@parley/protocol'
import type { Device } from './device.ts'
import type {
  NodeKind,
  StoredNode,
  StoredNodeHead,
  StoredSubscription,
  StoredView,
  SubscriptionId,
  ViewId,
} from './node-store.ts'
import { PrincipalQueue } from './principal-queue.ts'

/** One node in memory: what the store holds of it, and the devices that are derived from it. */
export class RvpNode {
  /** Changes of what the node holds run here one after the other. */
  readonly queue = new PrincipalQueue()
  readonly subscriptions = new Map<SubscriptionId, StoredSubscription>()
  readonly views = new Map<ViewId, StoredView>()
  readonly properties = new Map<string, string>()
  devices: readonly Device[] = []
  /** The state that watchers were told last. */
  published: PresenceState = 'offline'
  /** Counts the published changes of this process (StatusChange.sequence). */
  sequence = 0
  /** `leaving` while it is handed to another home, `gone` once it lives there: in both nothing of it can be stored here. */
  place: 'here' | 'leaving' | 'gone' = 'here'
  #url: LogicalUrl
  #head: StoredNodeHead
  #access: AccessList | undefined

  constructor(url: LogicalUrl, head: StoredNodeHead) {
    this.#url = url
    this.#head = head
  }

  get url(): LogicalUrl {
    return this.#url
  }

  /** The node has another URL from now on. */
  rename(url: LogicalUrl, head: StoredNodeHead): void {
    this.#url = url
    this.head = head
  }

  get head(): StoredNodeHead {
    return this.#head
  }

  set head(head: StoredNodeHead) {
    this.#head = head
    this.#access = undefined
  }

  get kind(): NodeKind {
    return this.#head.kind
  }

  /** Who the node belongs to: a user's node belongs to the user. */
  get owner(): LogicalUrl | undefined {
    return this.kind === 'user' ? this.url : this.#head.owner
  }

  /** The stored entries over the defaults of the node's kind (RVP §5.7). */
  get access(): AccessList {
    this.#access ??= effectiveAccessList(this.kind, this.owner, this.#head.acl ?? [])
    return this.#access
  }

  /** All that is to be kept of the node, as it is now. */
  get stored(): StoredNode {
    return {
      node: this.url,
      head: this.#head,
      subscriptions: [...this.subscriptions.values()],
      views: [...this.views.values()],
      properties: [...this.properties].map(([name, xml]) => ({ name, xml })),
    }
  }
}

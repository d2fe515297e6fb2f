import type { LogicalUrl } from '@parley/protocol'
import { mayWatch } from './access.ts'
import type { Inbox } from './inbox.ts'
import type { StoredSubscription } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import { recentMs } from './owed-state.ts'
import type { RemoteWatches } from './remote-watches.ts'
import type { RvpNode } from './rvp-node.ts'
import type { StatusChange } from './status-bus.ts'
import type { WatchTable } from './watch-table.ts'

/** Notifications of changes this close before the last one may not have gone out when the process was killed. */
const repeatedChangesMs = 60_000

/**
 * Everybody who watches the nodes of this home. Those whose devices are served here are told at once and by nobody else, so
 * that they need no bus (promise 9); the others through their homes.
 */
export class Audience {
  readonly #nodes: Nodes
  readonly #watches: WatchTable
  readonly #remote: RemoteWatches | undefined

  constructor(given: { nodes: Nodes; watches: WatchTable; remote?: RemoteWatches | undefined }) {
    this.#nodes = given.nodes
    this.#watches = given.watches
    this.#remote = given.remote
  }

  /** A node's state has changed. */
  changed(change: StatusChange): void {
    this.#watches.changed(change.node, change.state)
    this.#remote?.changed(change)
  }

  /**
   * Lets a subscription to the node's properties be heard: at `inbox` if it leads to a Call-Back of its own. `isNew`: its
   * subscriber is about to be shown the state in the answer; else it was made before a restart.
   */
  add(node: RvpNode, subscription: StoredSubscription, inbox: Inbox | undefined, isNew: boolean): void {
    const permitted = mayWatch(node, { principal: subscription.subscriber })
    const start = { state: node.published, permitted }
    if (inbox) {
      this.#watches.add(node.url, subscription, { inbox }, start)
      return
    }
    if (subscription.target.kind !== 'node') return
    const receiver = subscription.target.node
    const local = this.#remote?.has(receiver) ? undefined : this.#nodes.find(receiver)
    if (local) this.#watches.add(node.url, subscription, { node: local }, start)
    else this.#remote?.add(node.url, subscription, permitted, isNew ? node.published : undefined)
  }

  /**
   * A change that was stored just before a kill may not have reached its watchers here: they are told again, since a state
   * that comes twice does no harm and a lost one would last (promise 2).
   */
  repeatRecentChanges(): void {
    const changed = [...this.#nodes.all()].map((node) => ({
      node,
      at: node.head.changedAt ?? Number.NEGATIVE_INFINITY,
    }))
    const last = changed.reduce((latest, { at }) => Math.max(latest, at), 0)
    for (const { node, at } of changed) if (at >= last - repeatedChangesMs) this.#watches.repeat(node.url)
  }

  /** The node has come from another home, and its subscriptions are resumed: its watchers here hear what changed on the way. */
  arrived(node: RvpNode, now: number): void {
    if ((node.head.changedAt ?? Number.NEGATIVE_INFINITY) >= now - recentMs) this.#watches.repeat(node.url)
  }

  /** Takes a subscription back. */
  remove(node: RvpNode, subscription: StoredSubscription): void {
    if (this.#remote?.remove(node.url, subscription)) return
    this.#watches.remove(node.url, subscription)
  }

  /** The node's access list has changed: whoever may no longer look sees it go offline, whoever may again sees it as it is. */
  permit(presentity: LogicalUrl, isPermitted: (watcher: LogicalUrl) => boolean): void {
    this.#watches.permit(presentity, isPermitted)
    this.#remote?.permit(presentity, isPermitted)
  }

  /** The same, as the node's access list says now. */
  permitAgain(node: RvpNode): void {
    this.permit(node.url, (watcher) => mayWatch(node, { principal: watcher }))
  }

  /** Hands every permitted watcher a notification of the node's own, e.g. of a property other than the state. */
  announce(presentity: LogicalUrl, key: string, bodyFor: (fromHref: string, toHref: string) => string): void {
    this.#watches.announce(presentity, key, bodyFor)
    this.#remote?.announce(presentity, key, bodyFor)
  }

  /** How many nodes `watcher` watches, as far as it is known here. */
  watchedBy(watcher: LogicalUrl): number {
    return this.#watches.watchedBy(watcher)
  }

  /** Receivers that were nodes of this home live elsewhere now: their watches are told to their new homes. */
  evict(receivers: ReadonlySet<LogicalUrl>): void {
    const remote = this.#remote
    const moved = new Set([...receivers].filter((receiver) => !remote?.has(receiver)))
    if (!remote || moved.size === 0) return
    for (const node of this.#nodes.all()) {
      for (const subscription of node.subscriptions.values()) {
        const { type, target } = subscription
        if (type !== 'update/propchange' || target.kind !== 'node' || !moved.has(target.node)) continue
        this.#watches.remove(node.url, subscription)
        remote.add(node.url, subscription, mayWatch(node, { principal: subscription.subscriber }), undefined)
      }
    }
  }

  /** The node's URL is no more: everybody who watches it under that URL is forgotten, and other homes are told so. */
  end(presentity: LogicalUrl): void {
    this.#watches.forget(presentity)
    this.#remote?.end(presentity)
  }

  /** The node moves to another home, which takes its subscriptions over: nobody is told. Resolves when nothing of it is on its way. */
  async forget(node: RvpNode): Promise<void> {
    this.#watches.forget(node.url)
    await this.#remote?.forget(node.url)
  }
}

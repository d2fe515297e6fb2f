import type { LogicalUrl } from '@parley/protocol'
import {
  type Epoch,
  type NodeChange,
  type NodeStore,
  StaleEpochError,
  type StoredNode,
  type StoredNodeHead,
  type StoredProperty,
  type StoredSubscription,
  type StoredView,
} from './node-store.ts'

interface Row {
  head?: StoredNodeHead
  subscriptions: Map<number, StoredSubscription>
  views: Map<number, StoredView>
  properties: Map<string, StoredProperty>
}

/** A node store for tests: lives as long as the object, so two homes may share it one after the other. */
export class NodeStoreMemory implements NodeStore {
  readonly #rows = new Map<LogicalUrl, Row>()
  readonly #taken: () => Epoch
  #epoch: Epoch = 0

  /** `taken` is the epoch of the last take of the home: from a take on, what older holders write is refused (HomeLeases). */
  constructor(taken: () => Epoch = () => 0) {
    this.#taken = taken
  }

  async *load(): AsyncIterable<StoredNode> {
    for (const [node, row] of this.#rows) {
      if (!row.head && row.subscriptions.size + row.views.size + row.properties.size === 0) continue
      yield {
        node,
        head: row.head ?? { kind: 'user' },
        subscriptions: [...row.subscriptions.values()],
        views: [...row.views.values()],
        properties: [...row.properties.values()],
      }
    }
  }

  async commit(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    const newest = Math.max(this.#epoch, this.#taken())
    if (epoch < newest) throw new StaleEpochError(`epoch ${epoch} is older than ${newest}`)
    this.#epoch = epoch
    for (const change of changes) this.#apply(node, change)
  }

  #apply(node: LogicalUrl, change: NodeChange): void {
    if (change.kind === 'remove-node') {
      this.#rows.delete(node)
      return
    }
    const row = this.#row(node)
    switch (change.kind) {
      case 'put-head':
        row.head = change.head
        break
      case 'put-subscription':
        row.subscriptions.set(change.subscription.id, change.subscription)
        break
      case 'remove-subscription':
        row.subscriptions.delete(change.id)
        break
      case 'put-view':
        row.views.set(change.view.id, change.view)
        break
      case 'remove-view':
        row.views.delete(change.id)
        break
      case 'put-property':
        row.properties.set(change.property.name, change.property)
        break
      case 'remove-property':
        row.properties.delete(change.name)
        break
    }
  }

  #row(node: LogicalUrl): Row {
    const known = this.#rows.get(node)
    if (known) return known
    const row: Row = { subscriptions: new Map(), views: new Map(), properties: new Map() }
    this.#rows.set(node, row)
    return row
  }
}

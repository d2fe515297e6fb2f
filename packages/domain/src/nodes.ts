import { aliasOf, type LogicalUrl, NotFoundError, UnavailableError } from '@parley/protocol'
import type { Directory } from './directory.ts'
import type { Epoch, NodeChange, NodeStore, StoredNode, StoredNodeHead } from './node-store.ts'
import { RvpNode } from './rvp-node.ts'

/** The nodes of one home: in memory, and what changes of them in the store first. */
export class Nodes {
  readonly #nodes = new Map<LogicalUrl, RvpNode>()
  readonly #creating = new Map<LogicalUrl, Promise<RvpNode>>()
  readonly #store: NodeStore
  readonly #directory: Directory
  readonly #epoch: Epoch

  constructor(given: { store: NodeStore; directory: Directory; epoch: Epoch }) {
    this.#store = given.store
    this.#directory = given.directory
    this.#epoch = given.epoch
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  /** The node, if it exists: an enabled user of the directory, or a group or resource that somebody made. */
  find(url: LogicalUrl): RvpNode | undefined {
    const known = this.#nodes.get(url)
    if (known && known.kind !== 'user') return known
    if (aliasOf(url) === undefined || !this.#directory.user(url)) return undefined
    if (known) return known
    const node = new RvpNode(url, { kind: 'user' })
    this.#nodes.set(url, node)
    return node
  }

  /** Like `find`; throws NotFoundError. */
  get(url: LogicalUrl): RvpNode {
    const node = this.find(url)
    if (!node) throw new NotFoundError('no such node')
    return node
  }

  /** The node if it is in memory, whether or not the directory still has its user. */
  loaded(url: LogicalUrl): RvpNode | undefined {
    return this.#nodes.get(url)
  }

  all(): IterableIterator<RvpNode> {
    return this.#nodes.values()
  }

  /** Makes a group or resource; resolves when it is stored. Who comes second gets the one of who came first. */
  async create(url: LogicalUrl, head: StoredNodeHead): Promise<RvpNode> {
    const pending = this.#creating.get(url)
    if (pending) return await pending
    const created = this.#create(new RvpNode(url, head))
    this.#creating.set(url, created)
    try {
      return await created
    } finally {
      this.#creating.delete(url)
    }
  }

  async #create(node: RvpNode): Promise<RvpNode> {
    const known = this.#nodes.get(node.url)
    if (known) return known
    await this.commit(node, [{ kind: 'put-head', head: node.head }])
    this.#nodes.set(node.url, node)
    return node
  }

  /** How many groups and resources `owner` has. */
  countOf(owner: LogicalUrl): number {
    let count = 0
    for (const node of this.#nodes.values()) if (node.kind !== 'user' && node.owner === owner) count += 1
    return count
  }

  /** Writes changes of one node; the caller applies them in memory when this resolves. Rejects with UnavailableError. */
  async commit(node: RvpNode, changes: readonly NodeChange[]): Promise<void> {
    if (changes.length === 0) return
    try {
      await this.#store.commit(node.url, changes, this.#epoch)
    } catch (err) {
      if (err instanceof UnavailableError) throw err
      throw new UnavailableError('the server cannot store this now', { cause: err, headers: [['Retry-After', '5']] })
    }
  }

  /** Takes a stored node into memory as it was. */
  restore(stored: StoredNode): RvpNode {
    const node = new RvpNode(stored.node, stored.head)
    for (const subscription of stored.subscriptions) node.subscriptions.set(subscription.id, subscription)
    for (const view of stored.views) node.views.set(view.id, view)
    for (const { name, xml } of stored.properties) node.properties.set(name, xml)
    this.#nodes.set(stored.node, node)
    return node
  }
}

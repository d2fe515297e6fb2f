import { aliasOf, type LogicalUrl, NotFoundError } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { Directory } from './directory.ts'
import type { HomeName } from './home-name.ts'
import type { Locations } from './locations.ts'
import { MovedError } from './moved-error.ts'
import { NodeCommits } from './node-commits.ts'
import type { Epoch, NodeChange, NodeStore, StoredNode, StoredNodeHead } from './node-store.ts'
import { PrincipalQueue } from './principal-queue.ts'
import { RvpNode } from './rvp-node.ts'

/** A home of a cluster, and where its groups and resources are claimed. */
export interface NodesPlace {
  readonly home: HomeName
  readonly locations: Pick<Locations, 'claim'>
}

/** The nodes of one home: in memory, and what changes of them in the store first. */
export class Nodes {
  readonly #nodes = new Map<LogicalUrl, RvpNode>()
  readonly #creating = new Map<LogicalUrl, Promise<RvpNode>>()
  readonly #commits: NodeCommits
  readonly #directory: Directory
  readonly #epoch: Epoch
  readonly #place: NodesPlace | undefined
  readonly #copies = new Map<LogicalUrl, StoredNode>()
  /** NOTE: or the end of an old copy could be written behind a new one. */
  readonly #copying = new PrincipalQueue()

  /** Without a `place` it is the only home there is. */
  constructor(given: {
    store: NodeStore
    directory: Directory
    epoch: Epoch
    clock: Clock
    place?: NodesPlace | undefined
  }) {
    this.#commits = new NodeCommits(given)
    this.#directory = given.directory
    this.#epoch = given.epoch
    this.#place = given.place
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
    // NOTE: it would begin with nothing beside a copy that holds everything.
    if (this.#copies.has(url)) return undefined
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

  /**
   * Makes a group or resource; resolves when it is stored. Who comes second gets the one of who came first, or MovedError when
   * that was at another home.
   */
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
    await this.#claim(node)
    // NOTE: not as a node in memory, which it becomes only now.
    await this.#commits.write(node.url, [{ kind: 'put-head', head: node.head }])
    this.#nodes.set(node.url, node)
    return node
  }

  /** NOTE: before it is stored; a claim whose node was never stored is of the same home, which stores it when asked again. */
  async #claim({ url, kind }: RvpNode): Promise<void> {
    if (!this.#place) return
    const { home, locations } = this.#place
    if (this.#copies.has(url)) throw new NotFoundError('no such node')
    const claimed = await locations.claim({ node: url, kind, home, displayName: '' })
    if (claimed.home !== home) throw new MovedError()
  }

  /** How many groups and resources `owner` has. */
  countOf(owner: LogicalUrl): number {
    let count = 0
    for (const node of this.#nodes.values()) if (node.kind !== 'user' && node.owner === owner) count += 1
    return count
  }

  /**
   * Writes changes of one node; the caller applies them in memory when this resolves. Rejects with UnavailableError, or
   * MovedError.
   */
  async commit(node: RvpNode, changes: readonly NodeChange[]): Promise<void> {
    if (changes.length === 0) return
    if (node.place !== 'here') throw new MovedError()
    await this.#commits.commit(node, changes)
  }

  /** How many nodes the store may hold otherwise than memory, as writes of them failed. */
  get doubtful(): number {
    return this.#commits.doubtful
  }

  /** Writes nothing by itself any more. */
  stop(): void {
    this.#commits.stop()
  }

  /** Takes a stored node into memory as it was; any move that it was about to make is over. */
  restore(stored: StoredNode): RvpNode {
    const { moving: _, ...head } = stored.head
    const node = new RvpNode(stored.node, head)
    for (const subscription of stored.subscriptions) node.subscriptions.set(subscription.id, subscription)
    for (const view of stored.views) node.views.set(view.id, view)
    for (const { name, xml } of stored.properties) node.properties.set(name, xml)
    this.#nodes.set(stored.node, node)
    return node
  }

  /** URLs of the copies that this home holds of nodes which live elsewhere: they are about to come, or have left. */
  copies(): IterableIterator<LogicalUrl> {
    return this.#copies.keys()
  }

  hasCopy(url: LogicalUrl): boolean {
    return this.#copies.has(url)
  }

  /** Remembers a copy that the store holds. */
  keepCopy(stored: StoredNode): void {
    this.#copies.set(stored.node, stored)
  }

  /**
   * Stores a copy of a node that is about to come, in place of any that was left behind, unless `check` rejects. Rejects with
   * UnavailableError.
   */
  async storeCopy(stored: StoredNode, check: () => Promise<void>): Promise<void> {
    await this.#copying.run(async () => {
      // NOTE: in its turn, or what it found out could be out of date by the time that the copy is stored.
      await check()
      const { moving: _, ...head } = stored.head
      const copy = { ...stored, head }
      await this.#commits.write(stored.node, [{ kind: 'remove-node' }, ...changesFor(copy)])
      this.#copies.set(stored.node, copy)
    })
  }

  /** Makes the node of a copy: it has come. Undefined when there is no copy. */
  restoreCopy(url: LogicalUrl): RvpNode | undefined {
    const stored = this.#copies.get(url)
    this.#copies.delete(url)
    return stored && this.restore(stored)
  }

  /** Forgets a copy: the node lives elsewhere for good. Rejects with UnavailableError. */
  async removeCopy(url: LogicalUrl): Promise<void> {
    const copy = this.#copies.get(url)
    await this.#copying.run(async () => {
      // NOTE: a newer one may have come, or the node itself.
      if (!copy || this.#copies.get(url) !== copy) return
      this.#copies.delete(url)
      try {
        await this.#commits.write(url, [{ kind: 'remove-node' }])
      } catch (err) {
        this.#copies.set(url, copy)
        throw err
      }
    })
  }

  /** Makes a copy of a node: it has left. What the store holds stays. */
  leave(node: RvpNode): void {
    this.#copies.set(node.url, node.stored)
    this.#nodes.delete(node.url)
    node.place = 'gone'
    for (const part of [node.subscriptions, node.views, node.properties]) part.clear()
  }

  /**
   * Stores that the node is about to move. Resolves with what its new home is to be given; rejects with UnavailableError, also
   * when another process has taken the home.
   */
  async depart({ url, stored }: RvpNode, mark: string): Promise<StoredNode> {
    const head = { ...stored.head, moving: mark }
    await this.#commits.write(url, [{ kind: 'put-head', head }])
    return { ...stored, head }
  }
}

/** What a store is told to hold a whole node. */
function changesFor({ head, subscriptions, views, properties }: StoredNode): readonly NodeChange[] {
  return [
    { kind: 'put-head', head },
    ...subscriptions.map((subscription) => ({ kind: 'put-subscription', subscription }) as const),
    ...views.map((view) => ({ kind: 'put-view', view }) as const),
    ...properties.map((property) => ({ kind: 'put-property', property }) as const),
  ]
}

import { aliasOf, ForbiddenError, type LogicalUrl, NotFoundError } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { Directory, DirectoryUser } from './directory.ts'
import type { SourceId } from './directory-source.ts'
import type { FreshRenames } from './fresh-renames.ts'
import type { HomeName } from './home-name.ts'
import type { Locations } from './locations.ts'
import { MovedError } from './moved-error.ts'
import { NodeCommits } from './node-commits.ts'
import { NodeCopies } from './node-copies.ts'
import { NodeRewrites } from './node-rewrites.ts'
import type { Epoch, NodeChange, NodeKind, NodeStore, StoredNode, StoredNodeHead } from './node-store.ts'
import { RvpNode } from './rvp-node.ts'

/** A home of a cluster, and where its groups and resources are claimed. */
export interface NodesPlace {
  readonly home: HomeName
  readonly locations: Pick<Locations, 'claim'>
}

/** The nodes of one home: in memory, and what changes of them in the store first. */
export class Nodes {
  /** What this home holds of nodes that live elsewhere. */
  readonly copies: NodeCopies
  readonly #nodes = new Map<LogicalUrl, RvpNode>()
  readonly #creating = new Map<LogicalUrl, Promise<RvpNode>>()
  readonly #commits: NodeCommits
  readonly #rewrites: NodeRewrites
  #expected: ReadonlyMap<LogicalUrl, RvpNode> = new Map()
  /** Nodes whose heads the store does not have yet. */
  readonly #headless = new WeakSet<RvpNode>()
  readonly #renamed: Pick<FreshRenames, 'has' | 'coming'> | undefined
  readonly #directory: Directory
  readonly #epoch: Epoch
  readonly #place: NodesPlace | undefined

  /** Without a `place` it is the only home there is. */
  constructor(given: {
    store: NodeStore
    directory: Directory
    epoch: Epoch
    clock: Clock
    place?: NodesPlace | undefined
    /** Absent: nodes keep their URLs. */
    renamed?: Pick<FreshRenames, 'has' | 'coming'> | undefined
  }) {
    this.#commits = new NodeCommits({ ...given, mayMend: (node) => !this.#rewrites.has(node) })
    this.#rewrites = new NodeRewrites(this.#commits, (url) => this.#nodes.has(url))
    this.copies = new NodeCopies(this.#commits)
    this.#renamed = given.renamed
    this.#directory = given.directory
    this.#epoch = given.epoch
    this.#place = given.place
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  /** The node, if it exists: an enabled user of the directory, or a group or resource that somebody made. */
  find(url: LogicalUrl): RvpNode | undefined {
    const known = this.loaded(url)
    if (known && known.kind !== 'user') return known
    const user = aliasOf(url) === undefined ? undefined : this.#directory.user(url)
    // NOTE: who has another URL by now is somebody all the same, until that is carried out here.
    if (known && (user || this.#renamed?.has(url))) return known
    if (!user) return undefined
    // NOTE: it would begin with nothing beside a copy that holds everything, or a node that is found under its new URL.
    if (this.copies.has(url) || this.#renamed?.has(url) || this.#renamed?.coming.has(url)) return undefined
    return this.#begin(url, 'user', user)
  }

  /** The node of a group that comes from the directory; nothing is stored of it until somebody changes something. */
  directoryGroup(url: LogicalUrl): RvpNode {
    return this.loaded(url) ?? this.#begin(url, 'group')
  }

  #begin(url: LogicalUrl, kind: NodeKind, user?: DirectoryUser): RvpNode {
    const node = new RvpNode(url, { kind, ...(user?.id !== undefined && { person: user.id }) })
    if (kind !== 'user' || user?.id !== undefined) this.#headless.add(node)
    this.#nodes.set(url, node)
    return node
  }

  /** Whether a user of this home has the URL, whatever is in memory. */
  isUser(url: LogicalUrl): boolean {
    return this.#directory.user(url) !== undefined
  }

  /** Like `find`; throws NotFoundError. */
  get(url: LogicalUrl): RvpNode {
    const node = this.find(url)
    if (!node) throw new NotFoundError('no such node')
    return node
  }

  /** The node if it is in memory, whether or not the directory still has its user. */
  loaded(url: LogicalUrl): RvpNode | undefined {
    const node = this.#nodes.get(url)
    if (node) return node
    const expected = this.#expected.get(url)
    return expected?.place === 'gone' ? undefined : expected
  }

  /** The node in memory whose URL this is now, not one that is about to get it. */
  at(url: LogicalUrl): RvpNode | undefined {
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
    if (this.copies.has(url)) throw new NotFoundError('no such node')
    const claimed = await locations.claim({ node: url, kind, home, displayName: '' })
    if (claimed.id !== undefined) throw new ForbiddenError('the directory has a node of this name')
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
    const rewriting = this.#rewrites.before(node)
    if (rewriting) {
      await rewriting
      if (node.place !== 'here') throw new MovedError()
    }
    const { url } = node
    const isHeadless = this.#headless.has(node)
    const head: NodeChange[] = isHeadless && !hasHead(changes) ? [{ kind: 'put-head', head: node.head }] : []
    await this.#commits.commit(node, [...head, ...changes])
    if (isHeadless) this.#headless.delete(node)
    if (node.url === url) return
    // NOTE: it was renamed meanwhile, and what is stored under its new URL may be from before this change.
    await this.commit(node, changes)
    this.#commits.distrust(node, changes)
  }

  /** The URLs of these nodes are about to change, to those that they stand under here: they are found under both. No others are. */
  expect(expected: ReadonlyMap<LogicalUrl, RvpNode>): void {
    this.#expected = expected
  }

  /**
   * Gives a node another URL, in memory: the store follows with the next change, or `settle`. What is found under that URL must have been
   * let go (`forget`).
   */
  rename(node: RvpNode, url: LogicalUrl): void {
    const former = node.url
    this.#nodes.delete(former)
    this.#nodes.set(url, node)
    node.rename(url, { ...node.head, formerly: former })
    this.#rewrites.add(node, former)
  }

  /** Writes a node that was renamed, and removes what is left of it under its `former` URL. Rejects with UnavailableError. */
  async settle(former: LogicalUrl, url: LogicalUrl): Promise<void> {
    const node = this.#nodes.get(url)
    if (node?.place === 'here') await this.#rewrites.before(node)
    await this.#rewrites.clear(former)
  }

  /** Whether a node had this URL until lately. */
  wasRenamed(url: LogicalUrl): boolean {
    return this.#renamed?.has(url) ?? false
  }

  /** Forgets a node that is in memory; what is stored of it stays. */
  forget(node: RvpNode): void {
    if (this.#nodes.get(node.url) === node) this.#nodes.delete(node.url)
    node.place = 'gone'
  }

  /** The store may have lost changes of a node: all of it is written again (`writeOwed`). */
  owe(node: RvpNode): void {
    this.#rewrites.add(node)
  }

  /** Writes all nodes that are to be written whole, some at a time. Rejects with UnavailableError. */
  async writeOwed(atOnce: number): Promise<void> {
    const owed = this.#rewrites.nodes()
    for (let start = 0; start < owed.length; start += atOnce) {
      const some = owed.slice(start, start + atOnce).filter(({ place }) => place === 'here')
      await Promise.all(some.map((node) => this.#rewrites.before(node)))
    }
  }

  /** Takes a node out for good, also of the store. Rejects with UnavailableError. */
  async remove(node: RvpNode): Promise<void> {
    const { url } = node
    await this.#commits.write(url, [{ kind: 'remove-node' }])
    this.forget(node)
  }

  /** What is left of a node under a former URL is to be removed (`settle`). */
  supersede(node: RvpNode, former: LogicalUrl): void {
    this.#rewrites.add(node, former)
  }

  /** Begins a user's node anew, since another person has the alias: nothing of the one before is left. */
  replace(node: RvpNode): RvpNode {
    this.forget(node)
    for (const part of [node.subscriptions, node.views, node.properties]) part.clear()
    const fresh = this.#begin(node.url, 'user', this.#directory.user(node.url))
    // NOTE: watchers compare it with that of the one before.
    fresh.sequence = node.sequence + 1
    this.#rewrites.add(fresh)
    return fresh
  }

  /** Writes a node that was begun anew. Rejects with UnavailableError. */
  async written(node: RvpNode): Promise<void> {
    await this.#rewrites.before(node)
  }

  /** The person is known by now whose node this is: it is stored with the next change. */
  claim(node: RvpNode, person: SourceId): void {
    node.head = { ...node.head, person }
    this.#headless.add(node)
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

  /** Makes the node of a copy: it has come. Undefined when there is no copy. */
  restoreCopy(url: LogicalUrl): RvpNode | undefined {
    const stored = this.copies.take(url)
    return stored && this.restore(stored)
  }

  /** Makes a copy of a node: it has left. What the store holds stays. */
  leave(node: RvpNode): void {
    this.copies.keep(node.stored)
    this.#nodes.delete(node.url)
    node.place = 'gone'
    for (const part of [node.subscriptions, node.views, node.properties]) part.clear()
  }

  /**
   * Stores that the node is about to move. Resolves with what its new home is to be given; rejects with UnavailableError, also
   * when another process has taken the home.
   */
  async depart(node: RvpNode, mark: string): Promise<StoredNode> {
    await this.#rewrites.before(node)
    const { url, stored } = node
    const head = { ...stored.head, moving: mark }
    await this.#commits.write(url, [{ kind: 'put-head', head }])
    return { ...stored, head }
  }
}

function hasHead(changes: readonly NodeChange[]): boolean {
  return changes.some(({ kind }) => kind === 'put-head')
}

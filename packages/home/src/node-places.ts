import type {
  Clock,
  DomainEvents,
  HomeName,
  Locations,
  NodeLocation,
  Nodes,
  RvpNode,
  StoredNode,
  Subscriptions,
} from '@parley/domain'
import { type LogicalUrl, NotFoundError, PreconditionFailedError } from '@parley/protocol'
import type { HomeDirectory } from './home-directory.ts'

export interface NodePlacesOptions {
  readonly home: HomeName
  readonly nodes: Nodes
  readonly directory: HomeDirectory
  /** The map itself rather than a cache of it. */
  readonly locations: Pick<Locations, 'locate' | 'mark'>
  readonly clock: Clock
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
  /** Brings to life a node that has come: its devices, leases and watches. */
  readonly serve: (node: RvpNode) => void
  /** Stops telling others of a node. */
  readonly subscriptions: Pick<Subscriptions, 'suspend'>
  /** Lets go of the devices and the watches of a node that lives elsewhere now, without ending any. */
  readonly release: (node: RvpNode) => void
  /** Ends what somebody who has no account any more receives here. */
  readonly signOff: (url: LogicalUrl) => void
}

/**
 * How long a copy is kept of a node that the map names elsewhere. NOTE: longer than any move takes; a home that is opened in
 * the middle of one must not drop what is about to come.
 */
const copyMs = 600_000

/** Sees to it that a home serves the nodes that the map says live here, and no others. */
export class NodePlaces implements Disposable {
  readonly #options: NodePlacesOptions
  readonly #expiries = new Map<LogicalUrl, () => void>()
  #stopFollowing: () => void = () => {}
  #mapIsAway = false
  #marks = 0

  constructor(options: NodePlacesOptions) {
    this.#options = options
  }

  /**
   * Takes a node from the store into memory, unless the map says that it lives elsewhere: then it is but a copy. Rejects with
   * UnavailableError when the map cannot be asked about a node that was about to move.
   */
  async restore(stored: StoredNode): Promise<void> {
    const { nodes, home } = this.#options
    const location = await this.#placeOf(stored)
    if (location === undefined || location.home === home) nodes.restore(stored)
    else nodes.copies.keep(stored)
  }

  /** Follows the map from now on. Everything restored must be served. */
  start(): void {
    const { nodes, directory } = this.#options
    this.#stopFollowing = directory.follow(
      (node, location) => this.#settle(node, location),
      () => this.#others(),
    )
    for (const url of nodes.copies.urls()) this.#expireCopy(url)
    directory.recheck(this.#others())
  }

  /** A mark for an entry of the map that nobody has used or will use. */
  nextMark(): string {
    const { home, nodes } = this.#options
    this.#marks += 1
    return `${home} ${nodes.epoch} ${this.#marks}`
  }

  /** Where a node that this home does not know lives: `here` when it has just come. Rejects with UnavailableError. */
  async find(node: LogicalUrl): Promise<'here' | 'elsewhere' | 'nowhere'> {
    const location = await this.#options.directory.look(node)
    if (!location) return 'nowhere'
    return location.home === this.#options.home ? 'here' : 'elsewhere'
  }

  /** Stores a node that is about to come here; it is served once the map says that it has. Rejects with RvpError. */
  async adopt(stored: StoredNode): Promise<void> {
    await this.#options.nodes.copies.store(stored, () => this.#checkComing(stored))
    this.#expireCopy(stored.node)
  }

  async #checkComing({ node, head }: StoredNode): Promise<void> {
    const location = await this.#options.locations.locate(node)
    if (!location) throw new NotFoundError('no such node')
    // NOTE: what a home sends that has not noticed yet must not replace what was changed here since, nor the copy of another
    // process that has taken that home and moves the node, too.
    if (location.home === this.#options.home) throw new PreconditionFailedError('the node lives here already')
    if (location.mark !== head.moving) throw new PreconditionFailedError('the move has been given up')
  }

  /** A copy is of a node that has another URL now. */
  copyRenamed(former: LogicalUrl, url: LogicalUrl): void {
    this.#keepCopy(former)
    this.#expireCopy(url)
  }

  /** Serves the node of a copy: it has come, and was renamed on the way. */
  restoreCopy(url: LogicalUrl): void {
    const node = this.#options.nodes.restoreCopy(url)
    this.#keepCopy(url)
    if (node) this.#options.serve(node)
  }

  /** Looks nodes up again, and follows what the map says. */
  recheck(nodes: Iterable<LogicalUrl>): void {
    this.#options.directory.recheck(nodes)
  }

  /** Stops serving a node that is suspended and lives elsewhere now; its copy is removed by and by. */
  leave(node: RvpNode): void {
    const { nodes, release } = this.#options
    release(node)
    nodes.leave(node)
    this.#expireCopy(node.url)
  }

  /** Removes the copy of a node if the map says that it lives elsewhere. Rejects with UnavailableError. */
  async removeCopy(url: LogicalUrl): Promise<void> {
    const { nodes, directory, home } = this.#options
    const location = await directory.look(url)
    if (location && location.home !== home) {
      await nodes.copies.remove(url)
      this.#keepCopy(url)
    } else if (nodes.copies.has(url)) this.#expireCopy(url)
  }

  [Symbol.dispose](): void {
    this.#stopFollowing()
    for (const cancel of this.#expiries.values()) cancel()
    this.#expiries.clear()
  }

  /** Where a stored node lives; undefined when nothing speaks against its living here. */
  async #placeOf({ node, head }: StoredNode): Promise<NodeLocation | undefined> {
    const { directory, locations, home } = this.#options
    if (head.moving === undefined) return directory.user(node) ? undefined : await this.#lookAtOpening(node)
    // NOTE: the process that began to move it may be stopped, and go on with that long after we have changed the node.
    return (await locations.mark(node, home, this.nextMark())) ? undefined : await directory.look(node)
  }

  /** NOTE: a home that opens while the map is away serves what it has; it is checked as soon as the map is back. */
  async #lookAtOpening(node: LogicalUrl): Promise<NodeLocation | undefined> {
    if (this.#mapIsAway) return undefined
    try {
      return await this.#options.directory.look(node)
    } catch (err) {
      this.#mapIsAway = true
      this.#options.events.backgroundFailed('ask the map where a stored node lives', err)
      return undefined
    }
  }

  #settle(url: LogicalUrl, location: NodeLocation | undefined): void {
    const { home, nodes, subscriptions, events, serve, signOff } = this.#options
    if (!location) {
      signOff(url)
      return
    }
    if (location.home === home) {
      const node = nodes.restoreCopy(url)
      this.#keepCopy(url)
      if (node) serve(node)
      return
    }
    const node = nodes.loaded(url)
    // NOTE: who moves a node lets go of it in the same step; this is one that was moved without this home.
    if (node?.place !== 'here') return
    subscriptions.suspend(node).catch((err: unknown) => events.backgroundFailed('forget a node that was moved', err))
    this.leave(node)
  }

  /** Whatever depends on the map beside the home's users. */
  *#others(): Iterable<LogicalUrl> {
    const { nodes, directory } = this.#options
    yield* nodes.copies.urls()
    for (const node of nodes.all()) {
      if (!directory.user(node.url)) yield node.url
      for (const { subscriber, target } of node.subscriptions.values()) if (target.kind === 'callback') yield subscriber
    }
  }

  #expireCopy(url: LogicalUrl): void {
    this.#keepCopy(url)
    this.#expiries.set(
      url,
      this.#options.clock.after(copyMs, () => this.#removeCopy(url)),
    )
  }

  #keepCopy(url: LogicalUrl): void {
    this.#expiries.get(url)?.()
    this.#expiries.delete(url)
  }

  #removeCopy(url: LogicalUrl): void {
    this.removeCopy(url).catch((err: unknown) => {
      this.#options.events.backgroundFailed('remove the copy of a node that lives elsewhere', err)
      if (this.#options.nodes.copies.has(url)) this.#expireCopy(url)
    })
  }
}

import type { Clock, Directory, DirectoryUser, DomainEvents, HomeName, Locations, NodeLocation } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

export interface HomeDirectoryOptions {
  readonly home: HomeName
  /** The map itself rather than a cache of it: what it says decides what a home signs off, serves and removes. */
  readonly locations: Pick<Locations, 'locate' | 'usersOf' | 'onChange'>
  readonly clock: Clock
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
}

/** Hears where a node lives now: after its entry in the map has changed, or may have; undefined when it has none. */
export type LocationListener = (node: LogicalUrl, location: NodeLocation | undefined) => void

/** The users of one home of a cluster, and the place from which the home learns where any node lives. */
export interface HomeDirectory extends Directory, AsyncDisposable {
  /** Where a node lives, as the map says now; the directory knows it, too, when this resolves. Rejects with UnavailableError. */
  look(node: LogicalUrl): Promise<NodeLocation | undefined>
  /** Looks nodes up in the background, as after a change: again and again while the map is away. */
  recheck(nodes: Iterable<LogicalUrl>): void
  /**
   * Calls `listener` for each node of the cluster whose entry changed, before any request can see the change. `others` are
   * looked at, too, beside the home's users, when changes may have been missed. Returns how to stop.
   */
  follow(listener: LocationListener, others: () => Iterable<LogicalUrl>): () => void
}

/** Loads the users of a home, and follows the map from then on. Rejects with UnavailableError when the map is away. */
export async function openHomeDirectory(options: HomeDirectoryOptions): Promise<HomeDirectory> {
  const directory = new FollowingDirectory(options)
  try {
    await directory.load()
    return directory
  } catch (err) {
    await directory[Symbol.asyncDispose]()
    throw err
  }
}

/** Lookups at the same time. */
const batchSize = 64
const retryMs = 1_000

class FollowingDirectory implements HomeDirectory {
  readonly #options: HomeDirectoryOptions
  readonly #users = new Map<LogicalUrl, DirectoryUser>()
  readonly #listeners = new Set<(changed: readonly LogicalUrl[]) => void>()
  readonly #followers = new Set<{ listener: LocationListener; others: () => Iterable<LogicalUrl> }>()
  readonly #stopFollowing: () => void
  /** Lookups under way whose answers are newer than all news of their nodes. */
  readonly #lookups = new Map<LogicalUrl, Promise<NodeLocation | undefined>>()
  /** Nodes that are still to be looked up. */
  readonly #changed = new Set<LogicalUrl>()
  /** Nodes of which something was heard since the users are being read again. */
  #heardOf: Set<LogicalUrl> | undefined
  #mayHaveMissed = false
  #work: Promise<void> | undefined
  #endPause: (() => void) | undefined
  #isClosed = false

  constructor(options: HomeDirectoryOptions) {
    this.#options = options
    this.#stopFollowing = options.locations.onChange((changed) => this.#hear(changed))
  }

  user(node: LogicalUrl): DirectoryUser | undefined {
    return this.#users.get(node)
  }

  onChange(listener: (changed: readonly LogicalUrl[]) => void): () => void {
    const entry: typeof listener = (changed) => listener(changed)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  follow(listener: LocationListener, others: () => Iterable<LogicalUrl>): () => void {
    const follower = { listener, others }
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  look(node: LogicalUrl): Promise<NodeLocation | undefined> {
    const underWay = this.#lookups.get(node)
    if (underWay) return underWay
    const lookup: Promise<NodeLocation | undefined> = this.#lookUp(node, () => this.#lookups.get(node) === lookup)
    this.#lookups.set(node, lookup)
    return lookup
  }

  recheck(nodes: Iterable<LogicalUrl>): void {
    for (const node of nodes) this.#changed.add(node)
    this.#start()
  }

  async load(): Promise<void> {
    await this.#readUsers()
    this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#stopFollowing()
    this.#endPause?.()
    await this.#work
  }

  #hear(changed: readonly LogicalUrl[] | undefined): void {
    if (changed) {
      for (const node of changed) {
        this.#lookups.delete(node)
        this.#heardOf?.add(node)
      }
      this.recheck(changed)
      return
    }
    this.#lookups.clear()
    this.#mayHaveMissed = true
    this.#start()
  }

  async #lookUp(node: LogicalUrl, isCurrent: () => boolean): Promise<NodeLocation | undefined> {
    try {
      const location = await Promise.try(() => this.#options.locations.locate(node))
      // NOTE: news came while we asked: the answer may be older.
      if (!isCurrent()) return await this.look(node)
      this.#heardOf?.add(node)
      this.#apply(node, location)
      return location
    } finally {
      if (isCurrent()) this.#lookups.delete(node)
    }
  }

  #start(): void {
    // NOTE: what is heard while the users are read for the first time waits until they are known.
    if (this.#work || this.#heardOf || this.#isClosed) return
    this.#work = this.#run().finally(() => {
      this.#work = undefined
      if (this.#mayHaveMissed || this.#changed.size > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    let hasFailed = false
    while (!this.#isClosed && (this.#mayHaveMissed || this.#changed.size > 0)) {
      try {
        if (this.#mayHaveMissed) await this.#readAll()
        else await this.#lookUpSome()
        hasFailed = false
      } catch (err) {
        if (!hasFailed) this.#options.events.backgroundFailed('read from the map where nodes live', err)
        hasFailed = true
        await this.#pause()
      }
    }
  }

  async #lookUpSome(): Promise<void> {
    const batch = [...this.#changed.values().take(batchSize)]
    for (const node of batch) this.#changed.delete(node)
    const outcomes = await Promise.allSettled(batch.map((node) => this.#lookAgain(node)))
    const failed = outcomes.findLast(({ status }) => status === 'rejected')
    if (failed?.status !== 'rejected') return
    for (const [index, { status }] of outcomes.entries()) {
      const node = batch[index]
      if (status === 'rejected' && node !== undefined) this.#changed.add(node)
    }
    throw failed.reason
  }

  async #lookAgain(node: LogicalUrl): Promise<void> {
    // NOTE: of nodes that are nowhere followers hear only here: else whoever asks for names that nobody has would keep them busy.
    if (!(await this.look(node))) this.#tell(node, undefined)
  }

  async #readAll(): Promise<void> {
    this.#mayHaveMissed = false
    try {
      await this.#readUsers()
    } catch (err) {
      this.#mayHaveMissed = true
      throw err
    }
    for (const { others } of this.#followers) for (const node of others()) this.#changed.add(node)
  }

  /** Reads all users of the home. The list is a hint: who is not in it any more is looked up. */
  async #readUsers(): Promise<void> {
    const { home, locations } = this.#options
    const heardOf = new Set<LogicalUrl>()
    this.#heardOf = heardOf
    try {
      const read = new Map<LogicalUrl, NodeLocation>()
      for await (const location of locations.usersOf(home)) {
        if (this.#isClosed) return
        read.set(location.node, location)
      }
      for (const [node, location] of read) if (!heardOf.has(node)) this.#apply(node, location)
      for (const node of this.#users.keys()) if (!read.has(node)) this.#changed.add(node)
    } finally {
      this.#heardOf = undefined
    }
  }

  #apply(node: LogicalUrl, location: NodeLocation | undefined): void {
    if (this.#isClosed) return
    const before = this.#users.get(node)
    const isOurs = location?.kind === 'user' && location.home === this.#options.home
    if (isOurs) this.#users.set(node, userOf(location))
    else this.#users.delete(node)
    if (location) this.#tell(node, location)
    if (isSame(before, this.#users.get(node))) return
    for (const listener of this.#listeners) listener([node])
  }

  #tell(node: LogicalUrl, location: NodeLocation | undefined): void {
    if (this.#isClosed) return
    for (const { listener } of this.#followers) listener(node, location)
  }

  async #pause(): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(retryMs, resolve)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }
}

function userOf({ node, displayName, mail, id }: NodeLocation): DirectoryUser {
  return { node, displayName, ...(mail !== undefined && { mail }), ...(id !== undefined && { id }) }
}

function isSame(a: DirectoryUser | undefined, b: DirectoryUser | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.displayName === b.displayName && a.mail === b.mail && a.id === b.id
}

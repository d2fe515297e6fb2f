import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { DomainEvents } from './events.ts'
import type { HomeName } from './home-name.ts'
import type { Ids } from './ids.ts'
import type { Locations, MapEntry, NodeLocation } from './locations.ts'
import { RecentlyUsed } from './recently-used.ts'

/** Bounds of a cache of locations. */
export interface LocationsCacheLimits {
  /** Nodes whose locations are kept. */
  readonly maxKnown: number
  /** Names of no node that are kept, apart from the others: whoever guesses names evicts nobody. */
  readonly maxUnknown: number
  /** When a location that is in use is looked up again, in case its change was never told; a quarter earlier at random. */
  readonly maxAgeMs: number
  /** How long a name is taken for that of no node. */
  readonly unknownMs: number
  /** How long somebody else may have taken over what a user signs in as before this is seen: that, nobody tells of the former one. */
  readonly namedMs: number
}

export const defaultLocationsCacheLimits: LocationsCacheLimits = {
  maxKnown: 200_000,
  maxUnknown: 10_000,
  maxAgeMs: 600_000,
  unknownMs: 5_000,
  namedMs: 60_000,
}

export interface LocationsCachedOptions {
  readonly locations: Locations
  readonly clock: Clock
  readonly ids: Pick<Ids, 'number'>
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
  readonly limits?: Partial<LocationsCacheLimits>
}

interface Entry {
  readonly location: NodeLocation
  readonly refreshAt: number
  /** The generation of the cache that it was looked up in. */
  readonly generation: number
}

/** Whom a name signs in as, for as long as the location that was known then is. */
interface Named {
  readonly node: LogicalUrl
  readonly entry: Entry
  readonly until: number
}

/** Locations are looked up again only as often as once in so many answers from memory: a safety net must not become the load. */
const hitsPerRefresh = 256
const maxSavedHits = 16 * hitsPerRefresh
/** How long the map is left alone, where there is another answer, after it failed. */
const quietMs = 1_000
/** The generation of an entry that is to be looked up before it is trusted again. */
const doubted = -1

/**
 * The map with the locations in use kept in memory: nearly all answers are synchronous. Changed nodes are forgotten when the
 * map tells of them. When it may have missed some, everything is looked up again; what was known before is still the answer
 * where the map cannot be reached (a wrong home refuses, an unreachable map would stop everybody).
 */
export class LocationsCached implements Locations, Disposable {
  readonly #map: Locations
  readonly #clock: Clock
  readonly #ids: Pick<Ids, 'number'>
  readonly #events: Pick<DomainEvents, 'backgroundFailed'>
  readonly #limits: LocationsCacheLimits
  readonly #known: RecentlyUsed<LogicalUrl, Entry>
  /** Until when each name is taken for that of no node. */
  readonly #unknown: RecentlyUsed<LogicalUrl, number>
  readonly #names: RecentlyUsed<string, Named>
  /** Lookups under way whose answers are not out of date. */
  readonly #lookups = new Map<LogicalUrl, Promise<NodeLocation | undefined>>()
  readonly #listeners = new Set<(changed: readonly LogicalUrl[] | undefined) => void>()
  readonly #stopFollowing: () => void
  #generation = 0
  /** How often the map told of something. */
  #told = 0
  #hits = 0
  #misses = 0
  #savedHits = 0
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor({ locations, clock, ids, events, limits = {} }: LocationsCachedOptions) {
    this.#map = locations
    this.#clock = clock
    this.#ids = ids
    this.#events = events
    this.#limits = { ...defaultLocationsCacheLimits, ...limits }
    this.#known = new RecentlyUsed(this.#limits.maxKnown)
    this.#unknown = new RecentlyUsed(this.#limits.maxUnknown)
    this.#names = new RecentlyUsed(this.#limits.maxKnown)
    this.#stopFollowing = locations.onChange((changed) => this.#changed(changed))
  }

  /** Answers that asked the map for nothing. */
  get hits(): number {
    return this.#hits
  }

  /** How often the map was asked. */
  get misses(): number {
    return this.#misses
  }

  locate(node: LogicalUrl): NodeLocation | undefined | Promise<NodeLocation | undefined> {
    const now = this.#clock.elapsed()
    const known = this.#known.get(node)
    if (known !== undefined && (known.generation === this.#generation || now < this.#quietUntil)) {
      this.#hit()
      if (now >= known.refreshAt) this.#refresh(node, now)
      return known.location
    }
    const unknownUntil = this.#unknown.get(node)
    if (unknownUntil !== undefined && now < unknownUntil) {
      this.#hit()
      return undefined
    }
    const lookup = this.#lookups.get(node)
    if (!lookup) return this.#ask(node)
    this.#hit()
    return lookup
  }

  /**
   * Has the node looked up anew next time, e.g. because it was not where the cache says. What is known stays the answer where
   * the map cannot be reached.
   */
  doubt(node: LogicalUrl): void {
    const known = this.#known.get(node)
    this.#forget(node)
    if (known) this.#known.set(node, { ...known, generation: doubted })
  }

  usersOf(home: HomeName): AsyncIterable<NodeLocation> {
    return this.#map.usersOf(home)
  }

  /** Names are kept with the location of whom they name, so that a change of the one forgets the other; unknown names are not kept. */
  async named(name: string): Promise<NodeLocation | undefined> {
    const known = this.#names.get(name)
    if (known && this.#isCurrent(known)) {
      this.#hit()
      return known.entry.location
    }
    const told = this.#told
    this.#misses += 1
    const location = await this.#map.named(name)
    // What was told meanwhile may have been about the name, or the location.
    if (location === undefined || told !== this.#told) return location
    const { node } = location
    const before = this.#known.get(node)
    // NOTE: an entry that is replaced takes the other names of its node along.
    const entry = before?.generation === this.#generation ? before : this.#keep(location)
    this.#names.set(name, { node, entry, until: this.#clock.elapsed() + this.#limits.namedMs })
    return location
  }

  entry(node: LogicalUrl): Promise<MapEntry | undefined> {
    return this.#map.entry(node)
  }

  membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined> {
    return this.#map.membersOf(group)
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    try {
      return await this.#map.claim(location)
    } finally {
      this.#forget(location.node)
    }
  }

  mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean> {
    return this.#map.mark(node, home, mark)
  }

  async move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean> {
    try {
      return await this.#map.move(node, from, to, mark)
    } finally {
      this.#forget(node)
    }
  }

  /** As the map's, but after this cache has forgotten what changed. */
  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    const entry: typeof listener = (changed) => listener(changed)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  [Symbol.dispose](): void {
    this.#stopFollowing()
  }

  #isCurrent({ node, entry, until }: Named): boolean {
    if (entry.generation !== this.#generation || this.#clock.elapsed() >= until) return false
    return this.#known.get(node) === entry
  }

  #changed(changed: readonly LogicalUrl[] | undefined): void {
    this.#told += 1
    if (changed) {
      for (const node of changed) this.#forget(node)
    } else {
      this.#generation += 1
      this.#unknown.clear()
      this.#lookups.clear()
    }
    for (const listener of this.#listeners) listener(changed)
  }

  #forget(node: LogicalUrl): void {
    this.#known.delete(node)
    this.#unknown.delete(node)
    // An answer under way may be from before; who waits for it gets it, and nobody else.
    this.#lookups.delete(node)
  }

  #hit(): void {
    this.#hits += 1
    if (this.#savedHits < maxSavedHits) this.#savedHits += 1
  }

  /** The answer in memory is good enough for whoever asks now; the next ones get what the map says. */
  #refresh(node: LogicalUrl, now: number): void {
    if (this.#savedHits < hitsPerRefresh || now < this.#quietUntil || this.#lookups.has(node)) return
    this.#savedHits -= hitsPerRefresh
    this.#ask(node).catch((err: unknown) => {
      if (!(err instanceof UnavailableError)) this.#events.backgroundFailed('look a location up again', err)
    })
  }

  #ask(node: LogicalUrl): Promise<NodeLocation | undefined> {
    this.#misses += 1
    const lookup: Promise<NodeLocation | undefined> = this.#lookUp(node, () => this.#lookups.get(node) === lookup)
    this.#lookups.set(node, lookup)
    return lookup
  }

  async #lookUp(node: LogicalUrl, isCurrent: () => boolean): Promise<NodeLocation | undefined> {
    try {
      // NOTE: nothing below runs before the caller has entered this lookup, even where the map throws at once.
      const location = await Promise.try(() => this.#map.locate(node))
      if (isCurrent()) this.#remember(node, location)
      return location
    } catch (err) {
      if (!(err instanceof UnavailableError)) throw err
      this.#quietUntil = this.#clock.elapsed() + quietMs
      const last = this.#known.get(node)
      if (!last) throw err
      return last.location
    } finally {
      if (isCurrent()) this.#lookups.delete(node)
    }
  }

  #remember(node: LogicalUrl, location: NodeLocation | undefined): void {
    if (location) {
      this.#keep(location)
      return
    }
    this.#known.delete(node)
    this.#unknown.set(node, this.#clock.elapsed() + this.#limits.unknownMs)
  }

  #keep(location: NodeLocation): Entry {
    const { maxAgeMs } = this.#limits
    const refreshAt = this.#clock.elapsed() + maxAgeMs - (this.#ids.number() % Math.max(1, maxAgeMs / 4))
    const entry = { location, refreshAt, generation: this.#generation }
    this.#unknown.delete(location.node)
    this.#known.set(location.node, entry)
    return entry
  }
}

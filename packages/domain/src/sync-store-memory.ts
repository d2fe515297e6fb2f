import type { LogicalUrl } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { SourceId, SourceProblem } from './directory-source.ts'
import type { LocationWriter } from './locations.ts'
import type { FormerPlace, Membership, SyncState, SyncStore, WaitingEntry } from './sync-store.ts'

const mostProblems = 1_000

/** The store of `parley sync` in one process, beside the map that it writes. */
export class SyncStoreMemory implements SyncStore {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #map: Pick<LocationWriter, 'all'>
  readonly #switchedOff = new Map<SourceId, LogicalUrl>()
  readonly #waiting = new Map<SourceId, WaitingEntry>()
  readonly #former = new Map<SourceId, FormerPlace>()
  readonly #memberships = new Map<SourceId, Membership>()
  #lease: { readonly holder: string; readonly until: number } | undefined
  #state: SyncState | undefined
  #problems: readonly SourceProblem[] = []

  constructor(clock: Pick<Clock, 'elapsed'>, map: Pick<LocationWriter, 'all'>) {
    this.#clock = clock
    this.#map = map
  }

  async hold(holder: string, lifetimeMs: number): Promise<boolean> {
    if ((this.#holder() ?? holder) !== holder) return false
    this.#lease = { holder, until: this.#clock.elapsed() + lifetimeMs }
    return true
  }

  async release(holder: string): Promise<void> {
    if (this.#holder() === holder) this.#lease = undefined
  }

  async holder(): Promise<string | undefined> {
    return this.#holder()
  }

  async state(): Promise<SyncState | undefined> {
    return this.#state
  }

  async save(holder: string, state: SyncState): Promise<boolean> {
    if (this.#holder() !== holder) return false
    this.#state = state
    return true
  }

  async nodesOf(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, LogicalUrl>> {
    const asked = new Set(ids)
    const nodes = new Map<SourceId, LogicalUrl>()
    for await (const { id, node } of this.#map.all()) if (id !== undefined && asked.has(id)) nodes.set(id, node)
    return nodes
  }

  async switchedOff(): Promise<ReadonlyMap<SourceId, LogicalUrl>> {
    return new Map(this.#switchedOff)
  }

  async switchOff(id: SourceId, node: LogicalUrl): Promise<void> {
    this.#switchedOff.set(id, node)
  }

  async switchOn(id: SourceId): Promise<void> {
    this.#switchedOff.delete(id)
  }

  async waiting(): Promise<readonly WaitingEntry[]> {
    return [...this.#waiting.values()]
  }

  async putWaiting(waiting: readonly WaitingEntry[]): Promise<void> {
    for (const one of waiting) this.#waiting.set(one.entry.id, one)
  }

  async removeWaiting(ids: readonly SourceId[]): Promise<void> {
    for (const id of ids) this.#waiting.delete(id)
  }

  async problems(): Promise<readonly SourceProblem[]> {
    return this.#problems
  }

  async putProblems(problems: readonly SourceProblem[]): Promise<void> {
    this.#problems = problems.slice(0, mostProblems)
  }

  async former(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, FormerPlace>> {
    return new Map(ids.flatMap((id) => this.#former.get(id) ?? []).map((place) => [place.id, place]))
  }

  async putFormer(places: readonly FormerPlace[]): Promise<void> {
    for (const place of places) this.#former.set(place.id, place)
  }

  async *memberships(): AsyncIterable<Membership> {
    yield* [...this.#memberships.values()]
  }

  async putMemberships(memberships: readonly Membership[]): Promise<void> {
    for (const membership of memberships) this.#memberships.set(membership.group, membership)
  }

  async removeMemberships(groups: readonly SourceId[]): Promise<void> {
    for (const group of groups) this.#memberships.delete(group)
  }

  #holder(): string | undefined {
    return this.#lease && this.#clock.elapsed() < this.#lease.until ? this.#lease.holder : undefined
  }
}

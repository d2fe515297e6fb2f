import type { MapEntry, SourceEntry, SourceGroup, SourceId, SourceUser } from '@parley/domain'
import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import { Claims } from './claims.ts'
import { type Decision, decide } from './decide.ts'
import { EntrySpool } from './entry-spool.ts'
import { GroupMembers } from './group-members.ts'
import type { HomeAssignment } from './home-assignment.ts'
import type { HomeLoads } from './home-loads.ts'
import { contentOf, mapEntryOf } from './map-content.ts'
import { currentOf, type MapPicture } from './map-picture.ts'
import type { ProblemList } from './problem-list.ts'
import type { Losses } from './removal-guard.ts'
import type { SyncPorts } from './sync-ports.ts'
import type { RunOptions, SyncChange } from './sync-report.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** What a run works on: entries that differ from the map, or may, some at a time, as often as it is asked. */
export type Work = () => Iterable<readonly SourceEntry[]>

export interface SyncRunDeps {
  readonly ports: SyncPorts
  readonly options: RunOptions
  readonly picture: MapPicture
  readonly assignment: HomeAssignment
  readonly loads: HomeLoads
  readonly problems: ProblemList
  readonly waiting: WaitingRoom
  /** Who an administrator has switched off. */
  readonly isOff: (id: SourceId) => boolean
  /** Entries of one id at several nodes. */
  readonly doubles: (id: SourceId) => readonly MapEntry[]
  readonly renameMs: number
  /** Called before anything is written that can be finished by a full read only. */
  readonly begin: () => Promise<void>
}

/** An entry with its place in the map. */
interface Placed extends Decision {
  readonly final: MapEntry
}

const writesBackAtOnce = 8

/** One run: what differs is decided first, then written, each entry whole. A run that is cut off is mended by another one. */
export class SyncRun {
  readonly counts = { added: 0, changed: 0, renamed: 0, removed: 0, users: 0, groups: 0 }
  readonly #deps: SyncRunDeps
  readonly #claims = new Claims()
  readonly #members: GroupMembers
  readonly #groups = new EntrySpool()
  readonly #groupNodes = new Map<SourceId, LogicalUrl>()
  /** Users who came, went or were renamed. */
  readonly #moved = new Set<SourceId>()
  readonly #isDry: boolean
  #writesBack = true

  constructor(deps: SyncRunDeps) {
    this.#deps = deps
    this.#members = new GroupMembers(deps.ports, deps.options.step)
    this.#isDry = deps.options.holder === undefined
  }

  /** Finds out who asks for what. Resolves with how many users would be renamed. Rejects with UnavailableError. */
  async weigh(work: Work): Promise<Pick<Losses, 'renamed'>> {
    await this.#each(work, async (entries, current) => {
      for (const entry of entries) this.#claims.add(entry, current.get(entry.id))
    })
    let renamed = 0
    await this.#each(work, async (entries, current) => {
      for (const entry of entries) this.#claims.name(entry, current.get(entry.id))
      const others = entries.filter(({ id, node, kind }) => kind === 'user' && (current.get(id)?.node ?? node) !== node)
      const decisions = await this.#decide(others, current)
      renamed += decisions.filter((decision) => decision.node !== decision.current?.node).length
    })
    return { renamed }
  }

  /** Takes entries out of the map. Rejects with UnavailableError. */
  async remove(entries: readonly MapEntry[]): Promise<void> {
    if (entries.length === 0) return
    const { ports, loads } = this.#deps
    if (!this.#isDry) {
      await this.#begin()
      const places = entries.flatMap(({ id, node, home }) => (id === undefined ? [] : [{ id, node, home }]))
      await ports.store.putFormer(places)
      this.#step()
      await ports.map.remove(entries.map(({ node }) => node))
    }
    const groups = entries.flatMap(({ kind, id }) => (kind === 'group' && id !== undefined ? [id] : []))
    if (groups.length > 0 && !this.#isDry) await ports.store.removeMemberships(groups)
    for (const { kind, node, home, id } of entries) {
      if (kind === 'user') loads.add(home, -1)
      if (kind === 'user' && id !== undefined) this.#moved.add(id)
      this.#changed({ what: 'removed', kind, node, home })
    }
  }

  /** Writes what was decided. Rejects with UnavailableError. */
  async apply(work: Work, expected: number): Promise<void> {
    let done = 0
    for (const entries of work()) {
      for (const entry of entries) {
        if (this.#deps.isOff(entry.id)) this.#deps.waiting.keep(entry, switchedOff)
      }
      const on = entries.filter(({ id }) => !this.#deps.isOff(id))
      const current = await currentOf(this.#deps.ports, this.#deps.picture, on)
      await this.#put(await this.#place(await this.#decide(on, current)))
      done += entries.length
      this.#deps.options.progress?.({ phase: 'writing', done, expected })
    }
  }

  /** Brings the members of groups up to date: of those that were worked on, and of those in which somebody came, went or was renamed. */
  async applyMembers(isFull: boolean): Promise<void> {
    if (this.#isDry) return
    for (const groups of this.#groups.pieces(() => true)) {
      for (const group of groups) {
        const node = this.#groupNodes.get(group.id)
        const problem = node && (await this.#members.put(group as SourceGroup, node))
        if (problem) this.#deps.problems.add(problem)
      }
    }
    if (isFull) await this.#members.forget((id) => this.#groupNodes.has(id))
    else if (this.#moved.size > 0) await this.#members.refresh(this.#moved)
  }

  async #each(
    work: Work,
    look: (entries: readonly SourceEntry[], current: ReadonlyMap<SourceId, MapEntry>) => Promise<void>,
  ): Promise<void> {
    for (const entries of work()) {
      const on = entries.filter(({ id }) => !this.#deps.isOff(id))
      await look(on, await currentOf(this.#deps.ports, this.#deps.picture, on))
    }
  }

  async #decide(
    entries: readonly SourceEntry[],
    current: ReadonlyMap<SourceId, MapEntry>,
  ): Promise<readonly Decision[]> {
    const { ports, picture } = this.#deps
    return await Promise.all(entries.map((entry) => decide(ports, picture, this.#claims, entry, current.get(entry.id))))
  }

  /** Gives those who get a URL a home. */
  async #place(decisions: readonly Decision[]): Promise<readonly Placed[]> {
    const { ports, waiting, loads } = this.#deps
    for (const { entry, waits } of decisions) if (waits.length > 0) waiting.add(entry, waits.join('; '))
    const fresh = decisions.filter(({ current, node }) => !current && node !== undefined)
    if (fresh.length > 0) await loads.count(ports.map)
    const former = await ports.store.former(fresh.map(({ entry }) => entry.id))
    return decisions.flatMap((decision): Placed[] => {
      const { entry, current, node, names } = decision
      if (node === undefined || (current && current.kind !== entry.kind)) return []
      const home = current?.home ?? this.#homeOf(entry, former.get(entry.id)?.home)
      if (entry.kind === 'user') this.#checkHome(entry, home, current !== undefined)
      return [{ ...decision, final: mapEntryOf(entry, { node, home, names }) }]
    })
  }

  #homeOf(entry: SourceEntry, former: MapEntry['home'] | undefined): MapEntry['home'] {
    const { assignment, loads, problems } = this.#deps
    const isFree = former !== undefined && assignment.isKnown(former)
    const chosen = isFree
      ? { home: former, problems: [] }
      : assignment.choose(entry.kind === 'user' ? entry : { attributes: {} })
    for (const what of chosen.problems) problems.add({ id: entry.id, origin: entry.origin, what })
    if (entry.kind === 'user') loads.add(chosen.home, 1)
    return chosen.home
  }

  /** Says when the directory names another home for a user who has one: only a move takes along what the user has there. */
  #checkHome({ id, origin, node, home: wanted }: SourceUser, home: MapEntry['home'], isOld: boolean): void {
    if (wanted === undefined || wanted === home) return
    const { assignment, problems } = this.#deps
    if (assignment.isKnown(wanted)) {
      const what = `the directory names the home ${wanted}, and the user lives at ${home}: move the user with "parley user move", or correct the entry`
      problems.add({ id, origin, what: `${what} (${node})` })
    } else if (isOld) {
      problems.add({
        id,
        origin,
        what: `the directory names the home ${wanted}, which nobody ever held: correct the entry`,
      })
    }
  }

  async #put(placed: readonly Placed[]): Promise<void> {
    const renames = placed.flatMap((one) => this.#renamesOf(one))
    const isRenamed = new Set(renames.map(({ to }) => to))
    const puts = placed.filter(
      ({ current, final }) => !current || contentOf({ ...current, node: final.node }) !== contentOf(final),
    )
    if (!this.#isDry) {
      if (renames.length > 0 || puts.some(({ current }) => !current)) await this.#begin()
      if (renames.length > 0) {
        this.#step()
        await this.#deps.ports.renames.rename(renames)
      }
      if (puts.length > 0) {
        const entries = await Promise.all(puts.map((one) => this.#whereItLives(one)))
        this.#step()
        await this.#deps.ports.map.put(entries)
      }
      await this.#writeBack(placed)
    }
    const isPut = new Set(puts)
    for (const one of placed) this.#report(one, isRenamed.has(one.final.node), isPut.has(one))
  }

  #renamesOf({ entry, current, final }: Placed): readonly { from: LogicalUrl; to: LogicalUrl; until: number }[] {
    const doubles = this.#deps.doubles(entry.id).map(({ node }) => node)
    const former = current?.id === entry.id ? [...doubles, current.node] : doubles
    const until = this.#deps.ports.clock.now() + this.#deps.renameMs
    return [...new Set(former)].filter((from) => from !== final.node).map((from) => ({ from, to: final.node, until }))
  }

  /** NOTE: somebody may have moved it since it was read; what is put then must not move it back. */
  async #whereItLives({ current, final }: Placed): Promise<MapEntry> {
    if (!current) return final
    const now = await this.#deps.ports.map.entry(final.node)
    return now ? { ...final, home: now.home } : final
  }

  #report({ entry, current, final }: Placed, isRenamed: boolean, isPut: boolean): void {
    const { node, kind, home } = final
    if (entry.kind === 'group') {
      this.#groups.add(entry)
      this.#groupNodes.set(entry.id, node)
    }
    if (kind === 'user' && (isRenamed || !current || current.id === undefined)) this.#moved.add(entry.id)
    if (!current) this.#changed({ what: 'added', kind, node, home })
    else if (isRenamed) this.#changed({ what: 'renamed', kind, node, from: current.node, home })
    else if (isPut) this.#changed({ what: 'changed', kind, node, home })
  }

  #changed(change: SyncChange): void {
    const { counts } = this
    counts[change.what] += 1
    const more = change.what === 'added' ? 1 : change.what === 'removed' ? -1 : 0
    if (change.kind === 'user') counts.users += more
    else counts.groups += more
    this.#deps.options.changed?.(change)
  }

  /** Tells the directory which homes were chosen, where it does not know. What fails is reported, and stops nothing. */
  async #writeBack(placed: readonly Placed[]): Promise<void> {
    const { source } = this.#deps.ports
    if (!source.writeHome) return
    const unknown = placed.filter(({ entry }) => entry.kind === 'user' && entry.home === undefined)
    for (let at = 0; at < unknown.length && this.#writesBack; at += writesBackAtOnce) {
      this.#step()
      await Promise.all(unknown.slice(at, at + writesBackAtOnce).map((one) => this.#writeHome(one)))
    }
  }

  async #writeHome({ entry: { id, origin }, final: { home } }: Placed): Promise<void> {
    try {
      await this.#deps.ports.source.writeHome?.(id, home)
    } catch (err) {
      if (!(err instanceof UnavailableError)) throw err
      this.#writesBack = false
      const what = `its home ${home} cannot be written back: ${err.message}; check what the account of "directory.bind" may write`
      this.#deps.problems.add({ id, origin, what })
    }
  }

  async #begin(): Promise<void> {
    this.#step()
    await this.#deps.begin()
    this.#step()
  }

  #step(): void {
    this.#deps.options.step()
  }
}

/** Why an entry waits that an administrator has switched off. */
const switchedOff = 'switched off for IM by an administrator: "parley user enable" switches it on again'

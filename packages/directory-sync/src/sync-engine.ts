import {
  CookieUselessError,
  type MapEntry,
  type SourceEnd,
  type SourceEntry,
  type SourceId,
  type SyncState,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { type AssignmentRules, HomeAssignment } from './home-assignment.ts'
import { HomeLoads } from './home-loads.ts'
import { Intake } from './intake.ts'
import { isOfDirectory, KnownMap } from './known-map.ts'
import { LeaseLostError } from './lease-lost-error.ts'
import { asSource } from './map-content.ts'
import { currentEntries, type MapPicture } from './map-picture.ts'
import { inPieces, piecesOf } from './pieces.ts'
import { ProblemList } from './problem-list.ts'
import { type Losses, RemovalGuard } from './removal-guard.ts'
import type { SyncPorts } from './sync-ports.ts'
import type { RunOptions, SyncResult } from './sync-report.ts'
import { SyncRun, type SyncRunDeps, type Work } from './sync-run.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface SyncSettings {
  readonly rules: AssignmentRules
  /** How long the old URL of somebody who was renamed is given to nobody else. */
  readonly renameMs: number
  /** How often everything is read again. */
  readonly fullReadMs: number
}

/** How often entries that wait are tried again though nothing has changed: an old URL may have become free. */
const waitingMs = 3_600_000

/** Brings a directory into the map: everything first, then changes only. Runs come one after another. */
export class SyncEngine {
  readonly #ports: SyncPorts
  readonly #settings: SyncSettings
  readonly #guard: RemovalGuard
  readonly #loads = new HomeLoads()
  /** Who was switched off at the last run; undefined before the first. */
  #off: ReadonlyMap<SourceId, LogicalUrl> | undefined
  #waitingTriedAt = Number.NEGATIVE_INFINITY
  /** What the last run that had something to do left over. */
  #last = { waiting: 0, problems: 0 }

  constructor(ports: SyncPorts, settings: SyncSettings) {
    this.#ports = ports
    this.#settings = settings
    this.#guard = new RemovalGuard(ports.clock)
  }

  /** Forgets what another process may have changed: for one that gets the lease. */
  forget(): void {
    this.#loads.forget()
    this.#off = undefined
  }

  /**
   * Makes the map what the directory says. Idempotent, also after an end at any point. Rejects with SyncRefusedError or NoHomeError before
   * anything is changed, with UnavailableError, LeaseLostError, or what `step` throws.
   */
  async run(options: RunOptions): Promise<SyncResult> {
    try {
      return await this.#run(options)
    } catch (err) {
      this.#loads.forget()
      throw err
    }
  }

  async #run(options: RunOptions): Promise<SyncResult> {
    const state = await this.#ports.store.state()
    if (options.full || !state || !this.#isCurrent(state)) return await this.#readEverything(options, state)
    try {
      return (await this.#readChanges(options, state)) ?? (await this.#readEverything(options, state))
    } catch (err) {
      if (!(err instanceof CookieUselessError)) throw err
      return await this.#readEverything(options, state)
    }
  }

  #isCurrent({ fingerprint, cookie, fullReadAt }: SyncState): boolean {
    const { source, clock } = this.#ports
    const age = clock.now() - fullReadAt
    return cookie !== undefined && fingerprint === source.fingerprint && age < this.#settings.fullReadMs
  }

  async #readEverything(options: RunOptions, state: SyncState | undefined): Promise<SyncResult> {
    const { source, map, store, clock } = this.#ports
    const off = await store.switchedOff()
    const problems = new ProblemList(await store.problems(), { keep: false })
    const known = await KnownMap.read(map)
    this.#loads.set(known.loads)
    const intake = new Intake(problems, (entry) => !off.has(entry.id) && known.see(entry) && !this.#writesBack(entry))
    const end = await intake.take(
      source.read(({ read, expected }) =>
        options.progress?.({ phase: 'reading', done: read, ...(expected !== undefined && { expected }) }),
      ),
      ({ gone, problems: bad }) => {
        options.step()
        for (const id of gone) known.setSeen(id, false)
        // What cannot be read any more stays as it was.
        for (const { id } of bad) if (id !== undefined && !off.has(id)) known.setSeen(id, true)
      },
    )
    const picture: MapPicture = {
      mayHaveId: (id) => known.hasId(id),
      mayHaveText: (text) => known.hasText(text),
      isLeaving: (entry) => isOfDirectory(entry) && !known.isSeen(entry),
    }
    const waiting = await WaitingRoom.open(store)
    const run = await this.#open({ options, problems, waiting, picture, isOff: (id) => off.has(id) }, state, (id) =>
      known.doubles(id),
    )
    const work: Work = () => intake.pieces()
    const { renamed } = await run.weigh(work)
    const users = known.users
    const isOffHere = [...off.keys()].filter((id) => known.hasId(id) && !known.isSeenId(id)).length
    const losses = { removed: Math.max(0, known.unseenUsers - isOffHere), renamed }
    this.#guard.check(losses, users, options.mostRemoved)
    for await (const leaving of inPieces(map.all(), picture.isLeaving)) await run.remove(leaving)
    await run.apply(work, intake.size)
    await run.applyMembers(true)
    const totals = { users: users + run.counts.users, groups: known.groups + run.counts.groups }
    const now = clock.now()
    const next = { end, fullReadAt: now, changedAt: now, ...totals }
    return await this.#conclude('everything', run, { options, problems, waiting, off, losses, next })
  }

  /** Whether the directory is to be told the home. */
  #writesBack(entry: SourceEntry): boolean {
    return this.#ports.source.writeHome !== undefined && entry.kind === 'user' && entry.home === undefined
  }

  /** Undefined when everything must be read after all. */
  async #readChanges(options: RunOptions, state: SyncState): Promise<SyncResult | undefined> {
    const { source, store, clock } = this.#ports
    const off = await store.switchedOff()
    const problems = new ProblemList(await store.problems(), { keep: true })
    const intake = new Intake(problems, () => false)
    const end = await intake.take(source.changes(state.cookie ?? ''), () => options.step())
    const waitingDue = clock.now() - this.#waitingTriedAt >= waitingMs
    const isQuiet = intake.isEmpty && !problems.isChanged && isSameMap(off, this.#off) && !waitingDue
    if (isQuiet) {
      if (end.cookie !== state.cookie) await this.#save(options, { ...state, end })
      return { ...unchanged, ...this.#last, users: state.users, groups: state.groups }
    }
    const waiting = await WaitingRoom.open(store)
    if (await this.#lacksSwitchedOn(off, waiting, intake)) return undefined
    const leaving = new Map<SourceId, MapEntry>()
    const offNow = await currentEntries(this.#ports, [...off.keys()])
    for (const ids of piecesOf([...intake.gone]))
      for (const [id, entry] of await currentEntries(this.#ports, ids)) leaving.set(id, entry)
    const removed = [...leaving.values()].filter(({ kind, id }) => kind === 'user' && !off.has(id ?? '')).length
    for (const [id, entry] of offNow) leaving.set(id, entry)
    const picture: MapPicture = {
      mayHaveId: (id) => !leaving.has(id),
      mayHaveText: () => true,
      isLeaving: ({ id }) => id !== undefined && leaving.has(id),
    }
    const run = await this.#open({ options, problems, waiting, picture, isOff: (id) => off.has(id) }, state, () => [])
    const waited = waiting.before.filter(({ id }) => !intake.mentions(id))
    const switched = [...offNow]
      .filter(([id]) => !intake.mentions(id) && !waiting.had(id))
      .flatMap(([, entry]) => asSource(entry))
    const work: Work = function* () {
      yield* intake.pieces()
      yield* piecesOf([...waited, ...switched])
    }
    const { renamed } = await run.weigh(work)
    const losses = { removed, renamed }
    this.#guard.check(losses, state.users, options.mostRemoved)
    for (const some of piecesOf([...leaving.values()])) await run.remove(some)
    await run.apply(work, intake.size)
    await run.applyMembers(false)
    const totals = { users: state.users + run.counts.users, groups: state.groups + run.counts.groups }
    const next = { ...state, end, changedAt: clock.now(), ...totals }
    return await this.#conclude('changes', run, { options, problems, waiting, off, losses, next })
  }

  /** Whether somebody was switched on again of whom nothing is known here. */
  async #lacksSwitchedOn(
    off: ReadonlyMap<SourceId, LogicalUrl>,
    waiting: WaitingRoom,
    intake: Intake,
  ): Promise<boolean> {
    const on = [...(this.#off?.keys() ?? [])].filter((id) => !off.has(id) && !waiting.had(id) && !intake.mentions(id))
    return (await this.#ports.store.nodesOf(on)).size < on.length
  }

  async #open(
    parts: Pick<SyncRunDeps, 'options' | 'problems' | 'waiting' | 'picture' | 'isOff'>,
    state: SyncState | undefined,
    doubles: SyncRunDeps['doubles'],
  ): Promise<SyncRun> {
    let begun: Promise<void> | undefined
    // NOTE: without a cookie everything is read again, which finds what a run that was cut off has left half done.
    const begin = async (): Promise<void> => {
      if (!state) return
      const { cookie: _, ...without } = state
      begun ??= this.#save(parts.options, { ...without, end: {} })
      await begun
    }
    const { ports, renameMs, rules } = { ports: this.#ports, ...this.#settings }
    const assignment = new HomeAssignment(rules, await ports.homes(), this.#loads)
    return new SyncRun({ ...parts, ports, assignment, loads: this.#loads, doubles, renameMs, begin })
  }

  /** Keeps what a run found and reached; its cookie is the last that is written. */
  async #conclude(
    read: SyncResult['read'],
    { counts }: SyncRun,
    { options, problems, waiting, off, losses, next }: Conclusion,
  ): Promise<SyncResult> {
    const last = { waiting: waiting.count, problems: problems.count + waiting.count }
    if (options.holder !== undefined) {
      await waiting.save(options.step)
      if (problems.isChanged) {
        options.step()
        await this.#ports.store.putProblems(problems.list())
      }
      await this.#save(options, next)
      this.#guard.took({ removed: losses.removed, renamed: counts.renamed })
    }
    this.#off = off
    this.#waitingTriedAt = this.#ports.clock.now()
    this.#last = last
    const { added, changed, renamed, removed } = counts
    const { users, groups, end } = next
    const newProblems = [...problems.news, ...waiting.news]
    const tellsChanges = end.cookie !== undefined
    return { read, tellsChanges, added, changed, renamed, removed, users, groups, ...last, newProblems }
  }

  async #save({ holder, step }: RunOptions, { end, fullReadAt, changedAt, users, groups }: NextState): Promise<void> {
    if (holder === undefined) return
    step()
    const { source, store } = this.#ports
    const { fingerprint } = source
    const cookie = end.cookie === undefined ? {} : { cookie: end.cookie }
    const saved = await store.save(holder, {
      fingerprint,
      ...cookie,
      fullReadAt,
      changedAt,
      users,
      groups,
    })
    if (!saved) throw new LeaseLostError()
  }
}

interface NextState extends Pick<SyncState, 'fullReadAt' | 'changedAt' | 'users' | 'groups'> {
  readonly end: SourceEnd
}

interface Conclusion {
  readonly options: RunOptions
  readonly problems: ProblemList
  readonly waiting: WaitingRoom
  readonly off: ReadonlyMap<SourceId, LogicalUrl>
  readonly losses: Losses
  readonly next: NextState
}

const unchanged = {
  read: 'changes',
  tellsChanges: true,
  added: 0,
  changed: 0,
  renamed: 0,
  removed: 0,
  newProblems: [],
} as const

function isSameMap(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown> | undefined): boolean {
  return a.size === b?.size && [...a.keys()].every((key) => b.has(key))
}

import type { LogicalUrl, PresenceState } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { HomeName } from './home-name.ts'
import type { HomePeers, PresentityReport, RemoteWatch } from './home-peers.ts'
import type { Epoch } from './node-store.ts'

/** A watch by a receiver of another home, however many duplicate subscriptions it stands for. */
export interface RemoteEntry {
  readonly presentity: LogicalUrl
  readonly watcher: LogicalUrl
  readonly receiver: LogicalUrl
  href: string
  readonly watcherHref: string
  permitted: boolean
  count: number
  /** The state that the watcher's devices have been shown, until its home has taken the watch over. */
  told: PresenceState | undefined
}

/** What a report says about the presentity itself. */
export type PresentityNow = Pick<PresentityReport, 'sequence' | 'state' | 'changedAt'>

/** Watches of one batch. */
const batchSize = 500

/** Presentities of one batch, which need not bring watches. */
const batchPresentities = 500

const firstRetryMs = 500
const lastRetryMs = 3_000

/** What a full report adds to the time at which the told home was heard last: a change may have been on its way then. */
const marginMs = 60_000

interface Batch {
  readonly reports: readonly PresentityReport[]
  readonly taken: readonly Taken[]
  readonly full: { readonly number: number; readonly last: boolean; readonly since: number } | undefined
}

interface Taken {
  readonly presentity: LogicalUrl
  readonly entries: readonly RemoteEntry[]
  readonly told: ReadonlyMap<RemoteEntry, PresenceState | undefined>
}

/**
 * Another home as its users watch nodes of ours: their watches, and what it has still to be told of them. One batch is on
 * its way at a time, built from what holds when it leaves; what could not be told is told again, for as long as it takes.
 */
export class RemoteWatchingHome {
  readonly name: HomeName
  /** Changes that went over the bus while the home watched the node (HomeBeat.published). */
  published = 0
  readonly #from: HomeName
  readonly #epoch: Epoch
  readonly #peers: Pick<HomePeers, 'report'>
  readonly #clock: Clock
  readonly #nowOf: (presentity: LogicalUrl) => PresentityNow | undefined
  readonly #nextNumber: () => number
  readonly #watches = new Map<LogicalUrl, Map<string, RemoteEntry>>()
  /** What the home does not know yet: the watches that changed; none when only the state is to be told. */
  readonly #untold = new Map<LogicalUrl, Map<string, RemoteEntry>>()
  /** Presentities that somebody may no longer see, which the home does not know yet. */
  readonly #withheld = new Set<LogicalUrl>()
  #toldEpoch: Epoch | undefined
  #full: { readonly number: number; readonly since: number; hasBegun: boolean } | undefined
  /** When the home was certainly told last, in milliseconds since 1970. */
  #heardAt = 0
  #sending: Promise<void> | undefined
  /** What is on its way (`lag`). */
  #underWay = 0
  #cancelRetry: (() => void) | undefined
  #retryMs = firstRetryMs
  #failures = 0
  #isStarted = false
  #isPinging = false
  #isClosed = false

  constructor(given: {
    name: HomeName
    from: HomeName
    epoch: Epoch
    peers: Pick<HomePeers, 'report'>
    clock: Clock
    /** What is so of a presentity now; undefined when it is not here any more. */
    nowOf: (presentity: LogicalUrl) => PresentityNow | undefined
    /** A number greater than all that it gave in this epoch (WatchReport.number). */
    nextNumber: () => number
  }) {
    this.name = given.name
    this.#from = given.from
    this.#epoch = given.epoch
    this.#peers = given.peers
    this.#clock = given.clock
    this.#nowOf = given.nowOf
    this.#nextNumber = given.nextNumber
  }

  /** Whether the home has watches here. */
  get isWatching(): boolean {
    return this.#watches.size > 0
  }

  /** Watches, and states, that it has not been told of yet. */
  get lag(): number {
    let lag = this.#underWay
    for (const entries of this.#untold.values()) lag += Math.max(1, entries.size)
    return lag
  }

  /** Whether nothing is left to tell a home that watches nothing, or nobody takes it. */
  get isOver(): boolean {
    if (this.isWatching || this.#sending) return false
    return this.#failures > 20 || (this.#untold.size === 0 && !this.#full)
  }

  /** The presentities that it watches. */
  presentities(): Iterable<LogicalUrl> {
    return this.#watches.keys()
  }

  watches(presentity: LogicalUrl): boolean {
    return this.#watches.has(presentity)
  }

  /** Whether changes of the presentity must reach the home by report only: somebody there may not see them, and it does not know. */
  isWithheld(presentity: LogicalUrl): boolean {
    return this.#withheld.has(presentity)
  }

  /** Enters or changes a watch. */
  put(entry: RemoteEntry): void {
    mapAt(this.#watches, entry.presentity).set(keyOf(entry), entry)
    this.permit(entry)
  }

  remove(entry: RemoteEntry): void {
    const watches = this.#watches.get(entry.presentity)
    if (!watches?.delete(keyOf(entry))) return
    if (watches.size === 0) this.#watches.delete(entry.presentity)
    this.#mark(entry)
  }

  /** The entry's watcher may see the presentity, or may no longer. */
  permit(entry: RemoteEntry): void {
    if (!entry.permitted) this.#withheld.add(entry.presentity)
    this.#mark(entry)
  }

  /** The presentity's state is told by report, after what is said about its watches. */
  tellState(presentity: LogicalUrl): void {
    mapAt(this.#untold, presentity)
    this.#pump()
  }

  /** The presentity is another home's from now on: nothing more is said of it. Resolves when nothing of it is on its way. */
  async forget(presentity: LogicalUrl): Promise<void> {
    this.#watches.delete(presentity)
    this.#untold.delete(presentity)
    this.#withheld.delete(presentity)
    await this.#sending
    // NOTE: a batch that was on its way and failed has put it back.
    if (!this.#watches.has(presentity)) this.#untold.delete(presentity)
  }

  /** Begins to tell, everything first; changes before `toldAt` have certainly reached the home. */
  start(toldAt: number): void {
    this.#isStarted = true
    this.#heardAt = toldAt
    this.tellAll()
  }

  /** Tells every watch again. One that has not begun yet covers the call. */
  tellAll(): void {
    if (this.#full && !this.#full.hasBegun) {
      this.#hurry()
      return
    }
    const since = Math.min(this.#heardAt - marginMs, this.#full?.since ?? Number.POSITIVE_INFINITY)
    this.#full = { number: this.#nextNumber(), since, hasBegun: false }
    this.#untold.clear()
    for (const [presentity, watches] of this.#watches) this.#untold.set(presentity, new Map(watches))
    this.#hurry()
  }

  /**
   * The home has asked for something: it can be reached. NOTE: nothing follows for what it was told before, since its holder
   * may be a new one.
   */
  heard(): void {
    if (this.#cancelRetry) this.#hurry()
  }

  /** Asks for the home's epoch, which may be a new one: its holder has nothing of what its predecessor was told. */
  check(): void {
    this.#isPinging = true
    this.#hurry()
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  #mark(entry: RemoteEntry): void {
    mapAt(this.#untold, entry.presentity).set(keyOf(entry), entry)
    this.#pump()
  }

  #hurry(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#retryMs = firstRetryMs
    this.#pump()
  }

  #pump(): void {
    if (!this.#isStarted || this.#isClosed || this.#sending || this.#cancelRetry) return
    if (this.#untold.size === 0 && !this.#full && !this.#isPinging) return
    this.#isPinging = false
    const batch = this.#take()
    this.#underWay = batch.reports.reduce((sum, { put, removed }) => sum + Math.max(1, put.length + removed.length), 0)
    this.#sending = this.#send(batch).finally(() => {
      this.#sending = undefined
      this.#underWay = 0
      this.#pump()
    })
  }

  async #send(batch: Batch): Promise<void> {
    const { reports, full } = batch
    const report = { from: this.#from, epoch: this.#epoch, number: this.#nextNumber(), reports, ...(full && { full }) }
    try {
      const { epoch } = await this.#peers.report(this.name, report)
      this.#taken(batch, epoch)
    } catch {
      // NOTE: whatever the reason, it may have been heard or not: to tell it again does no harm.
      this.#refused(batch)
    }
  }

  #taken({ taken, full }: Batch, epoch: Epoch): void {
    this.#failures = 0
    this.#retryMs = firstRetryMs
    const isNew = this.#toldEpoch !== undefined && this.#toldEpoch !== epoch
    this.#toldEpoch = epoch
    if (isNew) {
      this.#restore(taken)
      this.tellAll()
    } else {
      for (const { presentity, told } of taken) {
        for (const [entry, state] of told) if (entry.told === state) entry.told = undefined
        if (!this.#untold.has(presentity)) this.#withheld.delete(presentity)
      }
      if (full?.last && this.#full?.number === full.number) this.#full = undefined
    }
    this.#heardAt = this.#clock.now()
  }

  #refused({ taken }: Batch): void {
    this.#failures += 1
    this.#isPinging = true
    this.#restore(taken)
    if (this.#isClosed) return
    this.#cancelRetry = this.#clock.after(this.#retryMs, () => {
      this.#cancelRetry = undefined
      this.#pump()
    })
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs)
  }

  #restore(taken: readonly Taken[]): void {
    for (const { presentity, entries } of taken) {
      const untold = mapAt(this.#untold, presentity)
      for (const entry of entries) if (!untold.has(keyOf(entry))) untold.set(keyOf(entry), entry)
    }
  }

  #take(): Batch {
    const reports: PresentityReport[] = []
    const taken: Taken[] = []
    let room = batchSize
    for (const [presentity, untold] of this.#untold) {
      if (room === 0 || reports.length === batchPresentities) break
      const now = this.#nowOf(presentity)
      const entries = this.#revocationsFirst([...untold.values()]).slice(0, room)
      room -= entries.length
      const isWhole = entries.length === untold.size
      if (isWhole) this.#untold.delete(presentity)
      else for (const entry of entries) untold.delete(keyOf(entry))
      if (!now) continue
      const put = entries.filter((entry) => this.#holds(entry))
      taken.push({ presentity, entries, told: new Map(put.map((entry) => [entry, entry.told])) })
      reports.push({
        presentity,
        sequence: now.sequence,
        state: now.state,
        ...(now.changedAt !== undefined && { changedAt: now.changedAt }),
        put: put.map(watchOf),
        removed: entries.filter((entry) => !this.#holds(entry)).map(({ watcher, receiver }) => ({ watcher, receiver })),
        ...(!isWhole && { more: true }),
      })
    }
    if (!this.#full) return { reports, taken, full: undefined }
    this.#full.hasBegun = true
    const { number, since } = this.#full
    return { reports, taken, full: { number, since, last: this.#untold.size === 0 } }
  }

  #holds(entry: RemoteEntry): boolean {
    return this.#watches.get(entry.presentity)?.get(keyOf(entry)) === entry
  }

  #revocationsFirst(entries: readonly RemoteEntry[]): readonly RemoteEntry[] {
    const isRevoked = (entry: RemoteEntry): boolean => !entry.permitted || !this.#holds(entry)
    return [...entries.filter(isRevoked), ...entries.filter((entry) => !isRevoked(entry))]
  }
}

function keyOf({ watcher, receiver }: RemoteEntry): string {
  return `${watcher} ${receiver}`
}

function watchOf({ watcher, receiver, href, watcherHref, permitted, told }: RemoteEntry): RemoteWatch {
  return { watcher, receiver, href, watcherHref, permitted, ...(told !== undefined && { told }) }
}

function mapAt(maps: Map<LogicalUrl, Map<string, RemoteEntry>>, at: LogicalUrl): Map<string, RemoteEntry> {
  const known = maps.get(at)
  if (known) return known
  const made = new Map<string, RemoteEntry>()
  maps.set(at, made)
  return made
}

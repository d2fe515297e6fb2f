import { type LogicalUrl, PreconditionFailedError, type PresenceState } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { DomainEvents } from './events.ts'
import type { HomeName } from './home-name.ts'
import type { ChangesAnswer, HomePeers, PresentityReport, RemoteWatch, WatchReport } from './home-peers.ts'
import type { DomainLimits } from './limits.ts'
import type { Epoch } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import { owedState, recentMs } from './owed-state.ts'
import { RemotePresentityHome } from './remote-presentity-home.ts'
import type { HomeBeat, StatusBus, StatusChange } from './status-bus.ts'
import { type WatchTable, type WatchTerms, watchKey } from './watch-table.ts'

/** How often it is looked whether homes are silent. */
const lookMs = 1_000

/** Receivers that are not here and whose homes of presentities are remembered: they may be on their way here. */
const maxMissed = 10_000

/** Another home's node that users of this one watch. */
interface RemotePresentity {
  home: RemotePresentityHome
  /** The epoch in which its home told of its watches last: changes of another one are not shown (promise 5). */
  epoch: Epoch
  sequence: number
  state: PresenceState
  readonly stop: () => void
}

/** A home of which nothing was heard for some time. */
export interface UnheardHome {
  readonly home: HomeName
  readonly seconds: number
  /** Whether its nodes are shown offline by now, rather than as they were. */
  readonly isOffline: boolean
}

/**
 * Other homes' nodes that users of this home watch: which ones, as their homes report, and their states, from the bus. What
 * the bus loses is noticed and asked for (design.md, flow 3).
 */
export class RemotePresentities {
  readonly #home: HomeName
  readonly #nodes: Nodes
  readonly #watches: WatchTable
  readonly #bus: StatusBus
  readonly #peers: Pick<HomePeers, 'changesSince'>
  readonly #clock: Clock
  readonly #limits: Pick<DomainLimits, 'maxWatchesPerWatcher'>
  readonly #events: DomainEvents
  readonly #homes = new Map<HomeName, RemotePresentityHome>()
  readonly #presentities = new Map<LogicalUrl, RemotePresentity>()
  /** Homes that told of watches of nodes that are not here (yet). */
  readonly #missed = new Map<LogicalUrl, Set<HomeName>>()
  readonly #stops: (() => void)[] = []
  #cancelLook: (() => void) | undefined
  #isClosed = false

  constructor(given: {
    home: HomeName
    nodes: Nodes
    watches: WatchTable
    bus: StatusBus
    peers: Pick<HomePeers, 'changesSince'>
    clock: Clock
    limits: Pick<DomainLimits, 'maxWatchesPerWatcher'>
    events: DomainEvents
  }) {
    this.#home = given.home
    this.#nodes = given.nodes
    this.#watches = given.watches
    this.#bus = given.bus
    this.#peers = given.peers
    this.#clock = given.clock
    this.#limits = given.limits
    this.#events = given.events
  }

  /** Begins to listen to beats, and to look for silence. */
  start(): void {
    this.#stops.push(
      this.#bus.onBeat(this.#home, (beat) => this.#beaten(beat)),
      this.#bus.onLoss(() => this.#doubtAllHomes()),
    )
    this.#armLook()
  }

  /**
   * Takes what a presentity's home tells (HomePeers.report). Rejects with PreconditionFailedError when a newer holder of it has
   * told since, or this holder something newer.
   */
  async report(report: WatchReport): Promise<{ readonly epoch: Epoch }> {
    const home = this.#homeOf(report.from)
    const { epoch, number, full } = report
    if (!home.reported(epoch, number)) {
      throw new PreconditionFailedError('the home has been taken by another process, or has told something newer')
    }
    if (full) home.tellsAll(full.number)
    for (const presentity of report.reports) this.#take(home, presentity, full)
    if (full?.last) {
      if (home.full) this.#sweep(home)
      this.#restore(home)
    }
    this.#askIfOwed(home)
    return { epoch: this.#nodes.epoch }
  }

  /** The node has come to this home: watches of it that were passed over are asked for. It is no other home's presentity any more. */
  resume(node: LogicalUrl): void {
    this.#release(node)
    for (const name of this.#missed.get(node) ?? []) {
      const home = this.#homeOf(name)
      home.doubtAll()
      this.#askIfOwed(home)
    }
    this.#missed.delete(node)
  }

  /** The node has left this home: what it watches elsewhere is told to its new one. */
  forget(node: LogicalUrl): void {
    this.#missed.delete(node)
    for (const presentity of this.#watches.watchedFor(node)) {
      if (!this.#presentities.has(presentity)) continue
      this.#watches.drop(presentity, node)
      this.#releaseIfUnwatched(presentity)
    }
  }

  /** Homes whose nodes are watched, and of which nothing was heard for some time. */
  unheard(): readonly UnheardHome[] {
    return [...this.#homes.values()].flatMap(({ name, presentities, unheardSeconds, isSilent }) =>
      presentities.size === 0 || unheardSeconds === undefined
        ? []
        : [{ home: name, seconds: unheardSeconds, isOffline: isSilent }],
    )
  }

  close(): void {
    this.#isClosed = true
    this.#cancelLook?.()
    this.#cancelLook = undefined
    for (const stop of this.#stops.splice(0)) stop()
    for (const { stop } of this.#presentities.values()) stop()
    this.#presentities.clear()
  }

  #take(home: RemotePresentityHome, report: PresentityReport, full: WatchReport['full']): void {
    const { presentity } = report
    // NOTE: a node that has moved here meanwhile is told of by nobody else.
    if (this.#isOurs(presentity)) return
    const known = this.#presentities.get(presentity)
    const told = home.full && full ? toldOf(home.full.told, presentity) : undefined
    for (const gone of report.removed) {
      const key = watchKey(termsOf(presentity, gone))
      told?.delete(key)
      if (!known || known.home === home) this.#watches.drop(presentity, key)
    }
    const entry = known ?? this.#listen(home, report)
    if (entry.home !== home) this.#handOver(entry, home, presentity)
    for (const watch of report.put) if (!watch.permitted) this.#put(entry, report, watch, full, told)
    // NOTE: the state comes after those who may not see it any more, and before those who are told all that is so now.
    if (!report.more) this.#state(entry, home, report)
    for (const watch of report.put) if (watch.permitted) this.#put(entry, report, watch, full, told)
    this.#releaseIfUnwatched(presentity)
  }

  /** Takes the reported state over, unless a newer one came over the bus. */
  #state(entry: RemotePresentity, home: RemotePresentityHome, { presentity, sequence, state }: PresentityReport): void {
    if (entry.epoch === home.epoch && entry.sequence > sequence) return
    entry.epoch = home.epoch
    entry.sequence = sequence
    entry.state = state
    this.#watches.changed(presentity, state)
  }

  #put(
    entry: RemotePresentity,
    { presentity, changedAt }: PresentityReport,
    watch: RemoteWatch,
    full: WatchReport['full'],
    told: Set<string> | undefined,
  ): void {
    const terms = termsOf(presentity, watch)
    told?.add(watchKey(terms))
    const node = this.#nodes.find(watch.receiver)
    if (!node) {
      this.#miss(watch.receiver, entry.home.name)
      this.#watches.drop(presentity, watchKey(terms))
      return
    }
    const { watcher, permitted } = watch
    const isMore = !this.#watches.watches(watcher, presentity)
    if (isMore && this.#watches.watchedBy(watcher) >= this.#limits.maxWatchesPerWatcher) {
      this.#events.watchIgnored(watcher)
      return
    }
    const since = full?.since ?? this.#clock.now() - recentMs
    const owed = owedState({ told: watch.told, changedAt, since, isReset: full !== undefined })
    this.#watches.put(
      presentity,
      terms,
      { node },
      {
        state: entry.state,
        permitted,
        // NOTE: nobody knows when the list shut a watcher out: a device that still sees a state must lose it.
        owes: permitted || watch.told !== undefined ? owed : () => true,
      },
    )
  }

  #miss(receiver: LogicalUrl, home: HomeName): void {
    const known = this.#missed.get(receiver)
    if (known) known.add(home)
    else if (this.#missed.size < maxMissed) this.#missed.set(receiver, new Set([home]))
  }

  #listen(home: RemotePresentityHome, { presentity, sequence, state }: PresentityReport): RemotePresentity {
    const entry: RemotePresentity = {
      home,
      epoch: home.epoch,
      sequence,
      state,
      stop: this.#bus.watch(presentity, (change) => this.#changed(entry, change)),
    }
    this.#presentities.set(presentity, entry)
    home.presentities.add(presentity)
    return entry
  }

  /** The presentity has moved from one home to another one. */
  #handOver(entry: RemotePresentity, home: RemotePresentityHome, presentity: LogicalUrl): void {
    entry.home.presentities.delete(presentity)
    entry.home = home
    // Epochs of different homes cannot be compared: what the new one says counts.
    entry.epoch = 0
    home.presentities.add(presentity)
  }

  #changed(entry: RemotePresentity, change: StatusChange): void {
    if (this.#isClosed || change.epoch !== entry.epoch) return
    const { home } = entry
    if (entry.epoch === home.epoch) home.changed()
    if (change.sequence <= entry.sequence) return
    if (change.sequence > entry.sequence + 1) home.doubt()
    entry.sequence = change.sequence
    entry.state = change.state
    this.#watches.changed(change.node, change.state)
    this.#askIfOwed(home)
  }

  #beaten(beat: HomeBeat): void {
    if (beat.from === this.#home) return
    const home = this.#homeOf(beat.from)
    home.beaten(beat)
    this.#askIfOwed(home)
  }

  #doubtAllHomes(): void {
    for (const home of this.#homes.values()) {
      home.doubt()
      this.#askIfOwed(home)
    }
  }

  #armLook(): void {
    this.#cancelLook = this.#clock.after(lookMs, () => {
      for (const home of this.#homes.values()) if (home.presentities.size > 0 || home.isOwing) this.#look(home)
      if (!this.#isClosed) this.#armLook()
    })
  }

  #look(home: RemotePresentityHome): void {
    const { ask, silence } = home.look()
    if (ask) this.#ask(home)
    if (!silence) return
    home.isSilent = true
    this.#events.homeHeard(home.name, false)
    for (const presentity of home.presentities) this.#watches.changed(presentity, 'offline')
  }

  #askIfOwed(home: RemotePresentityHome): void {
    if (home.mustAsk && !this.#isClosed) this.#ask(home)
  }

  #ask(home: RemotePresentityHome): void {
    const asked = home.ask()
    this.#peers.changesSince(home.name, { by: this.#home, ...asked }).then(
      (answer) => {
        const isUsable = home.answered(answer.epoch, answer.change)
        if (this.#isClosed) return
        if (isUsable) this.#answered(home, answer)
        this.#askIfOwed(home)
      },
      // NOTE: it is asked again at the next look, for as long as it takes; its silence is reported.
      () => home.failed(asked.epoch === 0),
    )
  }

  #answered(home: RemotePresentityHome, answer: ChangesAnswer): void {
    for (const { node, sequence, state } of answer.states) {
      const entry = this.#presentities.get(node)
      if (entry?.home !== home || entry.epoch !== answer.epoch || sequence <= entry.sequence) continue
      entry.sequence = sequence
      entry.state = state
      this.#watches.changed(node, state)
    }
    this.#restore(home)
  }

  /** The home is heard again: its nodes are shown as they are. */
  #restore(home: RemotePresentityHome): void {
    if (!home.isSilent) return
    home.isSilent = false
    this.#events.homeHeard(home.name, true)
    for (const presentity of home.presentities) {
      const entry = this.#presentities.get(presentity)
      if (entry) this.#watches.changed(presentity, entry.state)
    }
  }

  /** Everything was told: what was not is over. */
  #sweep(home: RemotePresentityHome): void {
    const { full } = home
    home.toldAll()
    for (const presentity of [...home.presentities]) {
      const told = full?.told.get(presentity)
      for (const key of this.#watches.keysOf(presentity)) {
        if (!told?.has(key)) this.#watches.drop(presentity, key)
      }
      this.#releaseIfUnwatched(presentity)
    }
  }

  #releaseIfUnwatched(presentity: LogicalUrl): void {
    if (this.#watches.watchersOf(presentity) > 0) return
    const entry = this.#presentities.get(presentity)
    entry?.stop()
    entry?.home.presentities.delete(presentity)
    this.#presentities.delete(presentity)
  }

  /** The presentity is no other home's any more. */
  #release(presentity: LogicalUrl): void {
    if (!this.#presentities.has(presentity)) return
    this.#watches.forget(presentity)
    this.#releaseIfUnwatched(presentity)
  }

  #homeOf(name: HomeName): RemotePresentityHome {
    const known = this.#homes.get(name)
    if (known) return known
    const home = new RemotePresentityHome(name)
    this.#homes.set(name, home)
    return home
  }

  #isOurs(node: LogicalUrl): boolean {
    // NOTE: a node that is leaving may be told of by its new home already.
    return this.#nodes.find(node)?.place === 'here'
  }
}

function termsOf(
  presentity: LogicalUrl,
  {
    watcher,
    receiver,
    href = presentity,
    watcherHref = watcher,
  }: Pick<RemoteWatch, 'watcher' | 'receiver'> & Partial<RemoteWatch>,
): WatchTerms {
  return { subscriber: watcher, target: { kind: 'node', node: receiver }, href, subscriberHref: watcherHref }
}

function toldOf(all: Map<LogicalUrl, Set<string>>, presentity: LogicalUrl): Set<string> {
  const known = all.get(presentity)
  if (known) return known
  const made = new Set<string>()
  all.set(presentity, made)
  return made
}

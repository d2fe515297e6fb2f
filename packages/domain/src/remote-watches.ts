import type { LogicalUrl, PresenceState } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { HomeName } from './home-name.ts'
import type { ChangesAnswer, HomePeers } from './home-peers.ts'
import type { Locations, NodeLocation } from './locations.ts'
import type { Epoch } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import { owedState, recentMs } from './owed-state.ts'
import type { PeerInboxes } from './peer-inbox.ts'
import { RemoteChanges } from './remote-changes.ts'
import type { RemoteReceiver } from './remote-receiver.ts'
import { type RemoteEntry, RemoteWatchingHome } from './remote-watching-home.ts'
import { presenceHops } from './state-delivery.ts'
import type { StatusBus, StatusChange } from './status-bus.ts'
import type { WatchTable, WatchTerms } from './watch-table.ts'

/** How often homes that watch something are told how many changes they should have heard. */
const beatMs = 1_500

/** Beats after which a home that was told nothing lately is asked for its epoch. */
const beatsPerCheck = 20

/**
 * Watches whose receiver is no node of this home: the home that has it is told who watches what, and of each change either by
 * the bus or by a report (design.md, flows 2 and 3). A receiver in another IM domain gets NOTIFYs instead.
 */
export class RemoteWatches {
  readonly #home: HomeName
  readonly #epoch: Epoch
  readonly #nodes: Nodes
  readonly #watches: WatchTable
  readonly #bus: StatusBus
  readonly #peers: Pick<HomePeers, 'report'>
  readonly #inboxes: PeerInboxes
  readonly #locations: Pick<Locations, 'locate'>
  readonly #isForeign: (node: LogicalUrl) => boolean
  readonly #clock: Clock
  readonly #receivers = new Map<LogicalUrl, RemoteReceiver>()
  readonly #presentities = new Map<LogicalUrl, Set<RemoteEntry>>()
  readonly #homes = new Map<HomeName, RemoteWatchingHome>()
  readonly #changes: RemoteChanges
  #lastChangeAt = 0
  #lastNumber = 0
  #isStarted = false
  #isClosed = false
  #beats = 0
  #cancelBeat: (() => void) | undefined

  constructor(given: {
    home: HomeName
    nodes: Nodes
    watches: WatchTable
    bus: StatusBus
    peers: Pick<HomePeers, 'report'>
    inboxes: PeerInboxes
    locations: Pick<Locations, 'locate'>
    /** Whether a node is of an IM domain that is not this installation's. */
    isForeign: (node: LogicalUrl) => boolean
    clock: Clock
    /** Changes that are remembered for those who ask; several minutes' by default. */
    changes?: RemoteChanges
  }) {
    this.#home = given.home
    this.#epoch = given.nodes.epoch
    this.#nodes = given.nodes
    this.#watches = given.watches
    this.#bus = given.bus
    this.#peers = given.peers
    this.#inboxes = given.inboxes
    this.#locations = given.locations
    this.#isForeign = given.isForeign
    this.#clock = given.clock
    this.#changes = given.changes ?? new RemoteChanges()
  }

  /** Watches, and states, that other homes have not been told of yet. */
  get lag(): number {
    return [...this.#homes.values()].reduce((sum, { lag }) => sum + lag, 0)
  }

  /** Begins to tell other homes, everything first, and to beat: all that the store holds has been resumed. */
  start(): void {
    this.#isStarted = true
    for (const { head } of this.#nodes.all()) this.#lastChangeAt = Math.max(this.#lastChangeAt, head.changedAt ?? 0)
    for (const home of this.#homes.values()) home.start(this.#lastChangeAt)
    this.#armBeat()
  }

  /** Whether watches of this receiver are kept here, not in the table of watches. */
  has(receiver: LogicalUrl): boolean {
    return this.#receivers.has(receiver)
  }

  /** Adds one subscription's watch; `told` is the state that the answer to it shows, absent when it was made before a restart. */
  add(presentity: LogicalUrl, terms: WatchTerms, permitted: boolean, told: PresenceState | undefined): void {
    if (terms.target.kind !== 'node') return
    const receiver = this.#receiver(terms.target.node)
    const key = entryKey(presentity, terms.subscriber)
    const known = receiver.entries.get(key)
    if (known) {
      known.count += 1
      if (known.href === terms.href) return
      known.href = terms.href
      if (receiver.place.kind === 'home') receiver.place.home.put(known)
      return
    }
    const entry: RemoteEntry = {
      presentity,
      watcher: terms.subscriber,
      receiver: receiver.url,
      href: terms.href,
      watcherHref: terms.subscriberHref,
      permitted,
      count: 1,
      told,
    }
    receiver.entries.set(key, entry)
    const entries = this.#presentities.get(presentity) ?? new Set()
    this.#presentities.set(presentity, entries.add(entry))
    if (receiver.entries.size === 1) this.#locate(receiver)
    else this.#attach(receiver, entry)
  }

  /** Takes one subscription back. Returns whether it was kept here. */
  remove(presentity: LogicalUrl, terms: WatchTerms): boolean {
    const receiver = terms.target.kind === 'node' ? this.#receivers.get(terms.target.node) : undefined
    const entry = receiver?.entries.get(entryKey(presentity, terms.subscriber))
    if (!receiver || !entry) return false
    entry.count -= 1
    if (entry.count === 0) this.#drop(receiver, entry)
    return true
  }

  /** The presentity's access list has changed. */
  permit(presentity: LogicalUrl, isPermitted: (watcher: LogicalUrl) => boolean): void {
    const now = this.#stateOf(presentity)
    for (const entry of this.#presentities.get(presentity) ?? []) {
      const permitted = isPermitted(entry.watcher)
      if (permitted === entry.permitted) continue
      // NOTE: if its home is taken by another process meanwhile, that one must know what the devices were shown.
      entry.told ??= entry.permitted ? now : 'offline'
      entry.permitted = permitted
      const place = this.#receivers.get(entry.receiver)?.place
      if (place?.kind === 'home') place.home.permit(entry)
    }
  }

  /** A node of this home has changed: whoever watches it elsewhere hears it, by one message of the bus. */
  changed(change: StatusChange): void {
    this.#changes.add(change.node)
    const homes = this.#homesOf(change.node)
    if (homes.size === 0) return
    // NOTE: the bus is no place for what somebody may no longer see and whose home does not know that yet (promise 5): the
    // report that tells it brings the state, too.
    if ([...homes].some((home) => home.isWithheld(change.node))) {
      for (const home of homes) home.tellState(change.node)
      return
    }
    this.#bus.publish(change)
    for (const home of homes) home.published += 1
  }

  /** Hands every permitted watcher elsewhere a notification of the node's own, e.g. of a property other than the state. */
  announce(presentity: LogicalUrl, key: string, bodyFor: (fromHref: string, toHref: string) => string): void {
    for (const entry of this.#presentities.get(presentity) ?? []) {
      // Those of other IM domains are in the table of watches.
      if (!entry.permitted || this.#receivers.get(entry.receiver)?.place.kind !== 'home') continue
      // NOTE: lists that name credentials let digest in unless they say otherwise; a node has none, and its home vouches for it.
      const inbox = this.#inboxes.to(entry.receiver, { principal: presentity, scheme: 'digest' }, 'SingleHop')
      inbox.post({ body: bodyFor(presentity, entry.receiver), hops: presenceHops, supersedes: key })
    }
  }

  /** What a home has missed (HomePeers.changesSince). */
  async changesSince(ask: Parameters<HomePeers['changesSince']>[1]): Promise<ChangesAnswer> {
    const known = this.#homes.get(ask.by)
    const home = known ?? this.#enter(ask.by)
    // NOTE: who asks without being known here has watches that ended while nobody served; being told all, it ends them.
    if (!known) home.start(this.#lastChangeAt)
    else if (ask.epoch !== this.#epoch) home.tellAll()
    home.heard()
    const answer = { epoch: this.#epoch, change: this.#changes.last, published: home.published }
    if (ask.epoch !== this.#epoch) return { ...answer, states: [], complete: false }
    const changed = this.#changes.since(ask.change)
    const states = [...(changed ?? home.presentities())].flatMap((url) => {
      const node = home.watches(url) && !home.isWithheld(url) ? this.#nodes.loaded(url) : undefined
      return node ? [{ node: url, sequence: node.sequence, state: node.published }] : []
    })
    return { ...answer, states, complete: changed === undefined }
  }

  /** Looks up again where receivers are, of which something has changed; all of them if some changes may have been missed. */
  relocate(changed?: Iterable<LogicalUrl>): void {
    for (const url of changed ?? [...this.#receivers.keys()]) {
      const receiver = this.#receivers.get(url)
      if (receiver) this.#locate(receiver)
    }
  }

  /** Somebody may have taken the home since: if so, it is told everything. */
  check(home: HomeName): void {
    this.#homes.get(home)?.check()
  }

  /** The presentity moves to another home, which goes on telling: drops its watches, and resolves when nothing of it is on its way. */
  async forget(presentity: LogicalUrl): Promise<void> {
    for (const entry of [...(this.#presentities.get(presentity) ?? [])]) {
      const receiver = this.#receivers.get(entry.receiver)
      if (!receiver) continue
      if (receiver.place.kind === 'foreign') this.#detach(receiver, entry)
      this.#erase(receiver, entry)
    }
    await Promise.all([...this.#homes.values()].map((home) => home.forget(presentity)))
  }

  /** The presentity is none any more, or has another URL: the homes of its watchers are told that all watches of it are over. */
  end(presentity: LogicalUrl): void {
    for (const entry of [...(this.#presentities.get(presentity) ?? [])]) {
      const receiver = this.#receivers.get(entry.receiver)
      if (receiver) this.#drop(receiver, entry)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#cancelBeat?.()
    this.#cancelBeat = undefined
    for (const home of this.#homes.values()) home.close()
  }

  #homesOf(presentity: LogicalUrl): ReadonlySet<RemoteWatchingHome> {
    const homes = new Set<RemoteWatchingHome>()
    if (!this.#presentities.has(presentity)) return homes
    for (const home of this.#homes.values()) if (home.watches(presentity)) homes.add(home)
    return homes
  }

  #receiver(url: LogicalUrl): RemoteReceiver {
    const known = this.#receivers.get(url)
    if (known) return known
    const receiver: RemoteReceiver = { url, entries: new Map(), place: { kind: 'nowhere' }, asked: 0, isOwed: false }
    this.#receivers.set(url, receiver)
    return receiver
  }

  #locate(receiver: RemoteReceiver): void {
    const asked = ++receiver.asked
    const settle = (location: NodeLocation | undefined): void => {
      if (receiver.asked !== asked || this.#receivers.get(receiver.url) !== receiver || this.#isClosed) return
      receiver.isOwed = false
      this.#settle(receiver, location)
    }
    const failed = (): void => {
      if (receiver.asked === asked) receiver.isOwed = true
    }
    const found = this.#locations.locate(receiver.url)
    if (found instanceof Promise) found.then(settle, failed)
    else settle(found)
  }

  #settle(receiver: RemoteReceiver, location: NodeLocation | undefined): void {
    const { place } = receiver
    if (location?.home === this.#home) {
      this.#leave(receiver)
      this.#takeIn(receiver)
    } else if (location) {
      if (place.kind === 'home' && place.home.name === location.home) return
      this.#leave(receiver)
      const known = this.#homes.get(location.home)
      const home = known ?? this.#enter(location.home)
      receiver.place = { kind: 'home', home }
      for (const entry of receiver.entries.values()) home.put(entry)
      if (!known && this.#isStarted) home.start(this.#lastChangeAt)
    } else if (this.#isForeign(receiver.url)) {
      if (place.kind === 'foreign') return
      this.#leave(receiver)
      receiver.place = { kind: 'foreign', inboxes: new Map() }
      for (const entry of receiver.entries.values()) this.#attach(receiver, entry)
    } else {
      this.#leave(receiver)
    }
  }

  /** The receiver is a node of this home now: its watches are local ones. */
  #takeIn(receiver: RemoteReceiver): void {
    const node = this.#nodes.find(receiver.url)
    if (!node) return
    this.#receivers.delete(receiver.url)
    for (const entry of [...receiver.entries.values()]) {
      this.#erase(receiver, entry)
      const { permitted, count } = entry
      const start = { state: this.#stateOf(entry.presentity), permitted, count, owes: this.#owes(entry) }
      this.#watches.add(entry.presentity, termsOf(entry), { node }, start)
    }
  }

  #leave(receiver: RemoteReceiver): void {
    for (const entry of receiver.entries.values()) this.#detach(receiver, entry)
    receiver.place = { kind: 'nowhere' }
  }

  #attach({ place, url }: RemoteReceiver, entry: RemoteEntry): void {
    if (place.kind === 'home') place.home.put(entry)
    if (place.kind !== 'foreign') return
    const { presentity, permitted } = entry
    const inbox = this.#inboxes.to(url, { principal: presentity, scheme: 'internal' }, 'SingleHop')
    place.inboxes.set(entry, inbox)
    const start = { state: this.#stateOf(presentity), permitted, owes: this.#owes(entry) }
    this.#watches.add(presentity, termsOf(entry), { inbox }, start)
    entry.told = undefined
  }

  #stateOf(presentity: LogicalUrl): PresenceState {
    return this.#nodes.loaded(presentity)?.published ?? 'offline'
  }

  #owes({ presentity, told }: RemoteEntry): ReturnType<typeof owedState> {
    const changedAt = this.#nodes.loaded(presentity)?.head.changedAt
    return owedState({ told, changedAt, since: this.#clock.now() - recentMs })
  }

  #detach({ place }: RemoteReceiver, entry: RemoteEntry): void {
    if (place.kind === 'home') place.home.remove(entry)
    if (place.kind !== 'foreign') return
    this.#watches.remove(entry.presentity, termsOf(entry))
    place.inboxes.get(entry)?.close()
    place.inboxes.delete(entry)
  }

  #drop(receiver: RemoteReceiver, entry: RemoteEntry): void {
    this.#detach(receiver, entry)
    this.#erase(receiver, entry)
  }

  #erase(receiver: RemoteReceiver, entry: RemoteEntry): void {
    receiver.entries.delete(entryKey(entry.presentity, entry.watcher))
    if (receiver.entries.size === 0 && this.#receivers.get(receiver.url) === receiver) {
      this.#receivers.delete(receiver.url)
    }
    const entries = this.#presentities.get(entry.presentity)
    entries?.delete(entry)
    if (entries?.size === 0) this.#presentities.delete(entry.presentity)
  }

  #enter(name: HomeName): RemoteWatchingHome {
    const home = new RemoteWatchingHome({
      name,
      from: this.#home,
      epoch: this.#epoch,
      peers: this.#peers,
      clock: this.#clock,
      nextNumber: () => ++this.#lastNumber,
      nowOf: (presentity) => {
        const node = this.#nodes.loaded(presentity)
        if (!node) return this.#nodes.wasRenamed(presentity) ? { sequence: 0, state: 'offline' } : undefined
        const { changedAt } = node.head
        return { sequence: node.sequence, state: node.published, ...(changedAt !== undefined && { changedAt }) }
      },
    })
    this.#homes.set(name, home)
    return home
  }

  #armBeat(): void {
    this.#cancelBeat = this.#clock.after(beatMs, () => {
      this.#beat()
      if (!this.#isClosed) this.#armBeat()
    })
  }

  #beat(): void {
    this.#beats += 1
    const { last } = this.#changes
    for (const home of [...this.#homes.values()]) {
      if (home.isOver) {
        home.close()
        this.#homes.delete(home.name)
        continue
      }
      if (!home.isWatching) continue
      this.#bus.beat(home.name, { from: this.#home, epoch: this.#epoch, published: home.published, change: last })
      if (this.#beats % beatsPerCheck === 0) home.check()
    }
    for (const receiver of [...this.#receivers.values()]) if (receiver.isOwed) this.#locate(receiver)
  }
}

function entryKey(presentity: LogicalUrl, watcher: LogicalUrl): string {
  return `${presentity} ${watcher}`
}

function termsOf({ watcher, receiver, href, watcherHref }: RemoteEntry): WatchTerms {
  return { subscriber: watcher, target: { kind: 'node', node: receiver }, href, subscriberHref: watcherHref }
}

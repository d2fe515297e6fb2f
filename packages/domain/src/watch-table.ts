import {
  type LogicalUrl,
  type PresenceState,
  PropNotificationTemplate,
  type VisibleState,
  visibleState,
} from '@parley/protocol'
import { type Device, targetKey } from './device.ts'
import type { DomainEvents } from './events.ts'
import type { Inbox } from './inbox.ts'
import type { StoredSubscription } from './node-store.ts'
import type { RvpNode } from './rvp-node.ts'
import { presenceHops, StateDelivery } from './state-delivery.ts'

/** Who watches, how it spells the two of them, and where it wants to hear of changes. */
export type WatchTerms = Pick<StoredSubscription, 'subscriber' | 'target' | 'href' | 'subscriberHref'>

/** Where changes go: to all devices of a node of ours, or to one inbox. */
export type WatchEnd = { readonly node: RvpNode } | { readonly inbox: Inbox }

/** What a new watcher finds. */
export interface WatchStart {
  /** The presentity's state now, for the first of its watchers; later ones find what the table knows. */
  readonly state: PresenceState
  /** Whether the presentity's access list lets the watcher see its presence. */
  readonly permitted: boolean
  /** Duplicate subscriptions that the watch stands for; one unless told otherwise. */
  readonly count?: number
  /** Whether a device (or the one inbox: undefined) must be told `shown` at once, because it may know another state. */
  readonly owes?: (shown: VisibleState, device: Device | undefined) => boolean
}

/** One watcher of one presentity, however many duplicate subscriptions it holds (client-facts §5, 26). */
interface Watch {
  readonly watcher: LogicalUrl
  /** The presentity's and the watcher's URL as the watcher spells them. */
  href: string
  readonly watcherHref: string
  count: number
  permitted: boolean
  to: WatchEnd
}

interface Presentity {
  state: PresenceState
  readonly watches: Map<string, Watch>
}

/**
 * Which watchers this home serves, and whom they watch: nodes of this home, and of other homes. Hands each change to each
 * watcher's inboxes once.
 */
export class WatchTable {
  readonly #events: DomainEvents
  readonly #presentities = new Map<LogicalUrl, Presentity>()
  /** By watcher, how many watches it holds on each presentity: one for each place to which its notifications go. */
  readonly #watching = new Map<LogicalUrl, Map<LogicalUrl, number>>()

  constructor(given: { events: DomainEvents }) {
    this.#events = given.events
  }

  /** How many presentities `watcher` watches. */
  watchedBy(watcher: LogicalUrl): number {
    return this.#watching.get(watcher)?.size ?? 0
  }

  /** Whether `watcher` watches the presentity, wherever its notifications go. */
  watches(watcher: LogicalUrl, presentity: LogicalUrl): boolean {
    return this.#watching.get(watcher)?.has(presentity) ?? false
  }

  /** How many watchers the presentity has here. */
  watchersOf(presentity: LogicalUrl): number {
    return this.#presentities.get(presentity)?.watches.size ?? 0
  }

  /** Adds a subscription's watch; a duplicate is counted. */
  add(presentity: LogicalUrl, terms: WatchTerms, to: WatchEnd, start: WatchStart): void {
    const known = this.#presentities.get(presentity)?.watches.get(watchKey(terms))
    if (!known) {
      this.#enter(presentity, terms, to, start)
      return
    }
    known.count += start.count ?? 1
    known.href = terms.href
  }

  /** Enters a watch, or changes it to what is given: whoever counts its subscriptions is elsewhere. */
  put(presentity: LogicalUrl, terms: WatchTerms, to: WatchEnd, start: WatchStart): void {
    const entry = this.#presentities.get(presentity)
    const known = entry?.watches.get(watchKey(terms))
    if (!entry || !known) {
      this.#enter(presentity, terms, to, start)
      return
    }
    known.href = terms.href
    this.#permit(presentity, entry, known, start.permitted)
  }

  /** Takes one subscription back; the watch ends with its last one. Returns whether it did. */
  remove(presentity: LogicalUrl, terms: WatchTerms): boolean {
    const watch = this.#presentities.get(presentity)?.watches.get(watchKey(terms))
    if (!watch) return false
    watch.count -= 1
    if (watch.count > 0) return false
    this.drop(presentity, watchKey(terms))
    return true
  }

  /** Ends a watch, whatever it stands for. Harmless when there is none. */
  drop(presentity: LogicalUrl, key: string): void {
    const entry = this.#presentities.get(presentity)
    const watch = entry?.watches.get(key)
    if (!entry || !watch) return
    entry.watches.delete(key)
    this.#forget(watch.watcher, presentity)
    if (entry.watches.size === 0) this.#presentities.delete(presentity)
  }

  /** Ends all watches of the presentity. */
  forget(presentity: LogicalUrl): void {
    for (const { watcher } of this.#presentities.get(presentity)?.watches.values() ?? [])
      this.#forget(watcher, presentity)
    this.#presentities.delete(presentity)
  }

  /** What a node's devices hear as watchers themselves, those of another object of the same node hear from now on. */
  handOver(watcher: LogicalUrl, from: RvpNode, to: RvpNode): void {
    for (const presentity of this.watchedFor(watcher)) {
      for (const watch of this.#presentities.get(presentity)?.watches.values() ?? []) {
        if ('node' in watch.to && watch.to.node === from) watch.to = { node: to }
      }
    }
  }

  /** Keys of all watches of the presentity (`watchKey`). */
  keysOf(presentity: LogicalUrl): readonly string[] {
    return [...(this.#presentities.get(presentity)?.watches.keys() ?? [])]
  }

  /** Presentities of which the node's devices hear as watchers themselves. */
  watchedFor(node: LogicalUrl): readonly LogicalUrl[] {
    return [...(this.#watching.get(node)?.keys() ?? [])]
  }

  /** The presentity's access list has changed: whoever may no longer look sees it go offline, whoever may again sees it as it is. */
  permit(presentity: LogicalUrl, isPermitted: (watcher: LogicalUrl) => boolean): void {
    const entry = this.#presentities.get(presentity)
    if (!entry) return
    for (const watch of entry.watches.values()) this.#permit(presentity, entry, watch, isPermitted(watch.watcher))
  }

  /** Sends one device the state of everybody its user watches: it may have missed changes. */
  refresh(watcher: LogicalUrl, device: Device): void {
    for (const presentity of this.#watching.get(watcher)?.keys() ?? []) {
      const entry = this.#presentities.get(presentity)
      const watch = entry?.watches.get(watcher)
      if (!entry || !watch || !('node' in watch.to)) continue
      postTo(device, watch.to.node, presentity, watch, shown(entry, watch), new Map())
    }
  }

  /** The presentity's URL as `watcher` spells it, if it watches it. */
  spelling(presentity: LogicalUrl, watcher: LogicalUrl): string | undefined {
    return this.#presentities.get(presentity)?.watches.get(watcher)?.href
  }

  /** Hands every permitted watcher a notification of its own, e.g. of a property other than the state. */
  announce(presentity: LogicalUrl, key: string, bodyFor: (fromHref: string, toHref: string) => string): void {
    for (const watch of this.#presentities.get(presentity)?.watches.values() ?? []) {
      if (!watch.permitted) continue
      if ('inbox' in watch.to) {
        watch.to.inbox.post({ body: bodyFor(watch.href, watch.watcherHref), hops: presenceHops, supersedes: key })
        continue
      }
      for (const device of watch.to.node.devices) {
        if (device.signedOff) continue
        const from = device.spell(watch.watcher, presentity, watch.href)
        device.inbox.post({ body: bodyFor(from, device.href), hops: presenceHops, supersedes: key })
      }
    }
  }

  /** Sends every watcher of `presentity` its state again. */
  repeat(presentity: LogicalUrl): void {
    const entry = this.#presentities.get(presentity)
    if (entry) this.#deliver(presentity, entry)
  }

  /** The presentity's state is `state` now: whoever may see it is told, if it looks different. */
  changed(presentity: LogicalUrl, state: PresenceState): void {
    const entry = this.#presentities.get(presentity)
    if (!entry) return
    const before = visibleState(entry.state)
    entry.state = state
    if (visibleState(state) !== before) this.#deliver(presentity, entry)
  }

  #enter(presentity: LogicalUrl, terms: WatchTerms, to: WatchEnd, start: WatchStart): void {
    const entry = this.#presentities.get(presentity) ?? { state: start.state, watches: new Map<string, Watch>() }
    this.#presentities.set(presentity, entry)
    const watch: Watch = {
      watcher: terms.subscriber,
      href: terms.href,
      watcherHref: terms.subscriberHref,
      count: start.count ?? 1,
      permitted: start.permitted,
      to,
    }
    entry.watches.set(watchKey(terms), watch)
    const watched = this.#watching.get(terms.subscriber) ?? new Map<LogicalUrl, number>()
    this.#watching.set(terms.subscriber, watched.set(presentity, (watched.get(presentity) ?? 0) + 1))
    if (start.owes) this.#settle(presentity, entry, watch, start.owes)
  }

  /** Tells a new watcher's devices the state as far as they may know another one. */
  #settle(presentity: LogicalUrl, entry: Presentity, watch: Watch, owes: NonNullable<WatchStart['owes']>): void {
    const state = shown(entry, watch)
    const templates = new Map<string, PropNotificationTemplate>()
    if ('inbox' in watch.to) {
      if (owes(state, undefined)) this.#notify(presentity, watch, state, templates)
      return
    }
    for (const device of watch.to.node.devices) {
      if (!device.signedOff && owes(state, device)) postTo(device, watch.to.node, presentity, watch, state, templates)
    }
  }

  #permit(presentity: LogicalUrl, entry: Presentity, watch: Watch, permitted: boolean): void {
    if (permitted === watch.permitted) return
    watch.permitted = permitted
    // NOTE: who is offline looks the same to both.
    if (visibleState(entry.state) !== 'offline') this.#notify(presentity, watch, shown(entry, watch), new Map())
  }

  #deliver(presentity: LogicalUrl, entry: Presentity): void {
    const state = visibleState(entry.state)
    const templates = new Map<string, PropNotificationTemplate>()
    let count = 0
    for (const watch of entry.watches.values()) {
      if (watch.permitted) count += this.#notify(presentity, watch, state, templates)
    }
    if (count > 0) this.#events.presenceNotified(count)
  }

  #notify(
    presentity: LogicalUrl,
    watch: Watch,
    state: VisibleState,
    templates: Map<string, PropNotificationTemplate>,
  ): number {
    if ('inbox' in watch.to) {
      watch.to.inbox.post(new StateDelivery(template(templates, watch.href, state), watch.watcherHref, presentity))
      return 1
    }
    let count = 0
    for (const device of watch.to.node.devices) {
      if (device.signedOff) continue
      postTo(device, watch.to.node, presentity, watch, state, templates)
      count += 1
    }
    return count
  }

  #forget(watcher: LogicalUrl, presentity: LogicalUrl): void {
    const watched = this.#watching.get(watcher)
    const rest = (watched?.get(presentity) ?? 0) - 1
    if (rest > 0) watched?.set(presentity, rest)
    else watched?.delete(presentity)
    if (watched?.size === 0) this.#watching.delete(watcher)
  }
}

/** Equal for duplicates: one watcher's subscriptions that lead to one place. Its own node is the usual place, and the key then. */
export function watchKey({ subscriber, target }: Pick<WatchTerms, 'subscriber' | 'target'>): string {
  return target.kind === 'node' && target.node === subscriber ? subscriber : `${subscriber} ${targetKey(target)}`
}

/** What the watcher sees of the presentity. */
function shown(entry: Presentity, watch: Watch): VisibleState {
  return watch.permitted ? visibleState(entry.state) : 'offline'
}

function postTo(
  device: Device,
  watcher: RvpNode,
  presentity: LogicalUrl,
  watch: Watch,
  state: VisibleState,
  templates: Map<string, PropNotificationTemplate>,
): void {
  const from = device.spell(watcher.url, presentity, watch.href)
  device.inbox.post(new StateDelivery(template(templates, from, state), device.href, presentity))
}

function template(
  templates: Map<string, PropNotificationTemplate>,
  from: string,
  state: VisibleState,
): PropNotificationTemplate {
  const known = templates.get(from)
  if (known) return known
  const made = new PropNotificationTemplate(from, state)
  templates.set(from, made)
  return made
}

import {
  type LogicalUrl,
  type PresenceState,
  PropNotificationTemplate,
  type VisibleState,
  visibleState,
} from '@parley/protocol'
import { type Device, targetKey } from './device.ts'
import type { DomainEvents } from './events.ts'
import type { Delivery, Inbox } from './inbox.ts'
import type { StoredSubscription } from './node-store.ts'
import type { RvpNode } from './rvp-node.ts'
import type { StatusBus, StatusChange } from './status-bus.ts'

/** RVP-Hop-Count of a change on its way from the presentity's home to a device (RVP §5.6.1). */
const presenceHops = 2

/** One watcher of one presentity, however many duplicate subscriptions it holds (client-facts §5, 26). */
interface Watch {
  readonly watcher: LogicalUrl
  /** The presentity's and the watcher's URL as the watcher spells them. */
  href: string
  readonly watcherHref: string
  /** Duplicate subscriptions that this watch stands for. */
  count: number
  /** Whether the presentity's access list lets the watcher see its presence. */
  permitted: boolean
  /** Where it goes: all devices of a node of ours, or one direct call-back. */
  readonly to: { readonly node: RvpNode } | { readonly inbox: Inbox }
}

/**
 * A state on its way to one device. NOTE: made of what all watchers share, and spelled out only when it is sent: most of a
 * busy home's memory would else be bodies that wait for their acknowledgement.
 */
class StateDelivery implements Delivery {
  readonly #template: PropNotificationTemplate
  readonly #toHref: string
  readonly supersedes: LogicalUrl

  constructor(template: PropNotificationTemplate, toHref: string, presentity: LogicalUrl) {
    this.#template = template
    this.#toHref = toHref
    this.supersedes = presentity
  }

  get hops(): number {
    return presenceHops
  }

  get body(): string {
    return this.#template.for(this.#toHref)
  }

  get json(): string {
    return this.#template.jsonFor(this.#toHref)
  }
}

interface Presentity {
  state: PresenceState
  readonly watches: Map<string, Watch>
  readonly stop: () => void
}

/**
 * Which of this home's users watch whom. Listens on the bus for each watched presentity, and hands each change to each
 * watcher's inboxes once.
 */
export class WatchTable {
  readonly #bus: StatusBus
  readonly #events: DomainEvents
  readonly #presentities = new Map<LogicalUrl, Presentity>()
  readonly #watching = new Map<LogicalUrl, Set<LogicalUrl>>()

  constructor(given: { bus: StatusBus; events: DomainEvents }) {
    this.#bus = given.bus
    this.#events = given.events
  }

  /** How many presentities `watcher` watches. */
  watchedBy(watcher: LogicalUrl): number {
    return this.#watching.get(watcher)?.size ?? 0
  }

  /** Adds a watch; `state` is the presentity's now. */
  add(
    presentity: LogicalUrl,
    subscription: StoredSubscription,
    to: Watch['to'],
    { state, permitted }: { state: PresenceState; permitted: boolean },
  ): void {
    const entry = this.#presentities.get(presentity) ?? this.#listen(presentity, state)
    const key = watchKey(subscription)
    const known = entry.watches.get(key)
    if (known) {
      known.count += 1
      known.href = subscription.href
      return
    }
    entry.watches.set(key, {
      watcher: subscription.subscriber,
      href: subscription.href,
      watcherHref: subscription.subscriberHref,
      count: 1,
      permitted,
      to,
    })
    const watched = this.#watching.get(subscription.subscriber)
    if (watched) watched.add(presentity)
    else this.#watching.set(subscription.subscriber, new Set([presentity]))
  }

  /** Takes one subscription back; the watch ends with its last one. Returns whether it did. */
  remove(presentity: LogicalUrl, subscription: StoredSubscription): boolean {
    const entry = this.#presentities.get(presentity)
    const key = watchKey(subscription)
    const watch = entry?.watches.get(key)
    if (!entry || !watch) return false
    watch.count -= 1
    if (watch.count > 0) return false
    entry.watches.delete(key)
    const stillWatching = [...entry.watches.values()].some((other) => other.watcher === subscription.subscriber)
    if (!stillWatching) this.#forget(subscription.subscriber, presentity)
    if (entry.watches.size === 0) {
      entry.stop()
      this.#presentities.delete(presentity)
    }
    return true
  }

  /** The presentity's access list has changed: whoever may no longer look sees it go offline, whoever may again sees it as it is. */
  permit(presentity: LogicalUrl, isPermitted: (watcher: LogicalUrl) => boolean): void {
    const entry = this.#presentities.get(presentity)
    if (!entry) return
    const state = visibleState(entry.state)
    for (const watch of entry.watches.values()) {
      const permitted = isPermitted(watch.watcher)
      if (permitted === watch.permitted) continue
      watch.permitted = permitted
      // NOTE: who is offline looks the same to both.
      if (state !== 'offline') this.#notify(presentity, watch, permitted ? state : 'offline', new Map())
    }
  }

  /** Sends one device the state of everybody its user watches: it may have missed changes. */
  refresh(watcher: LogicalUrl, device: Device): void {
    for (const presentity of this.#watching.get(watcher) ?? []) {
      const entry = this.#presentities.get(presentity)
      if (!entry) continue
      for (const watch of entry.watches.values()) {
        if (!('node' in watch.to) || watch.to.node.url !== watcher || watch.watcher !== watcher) continue
        const state = watch.permitted ? visibleState(entry.state) : 'offline'
        postTo(device, watch.to.node, presentity, watch, state, new Map())
      }
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

  #listen(node: LogicalUrl, state: PresenceState): Presentity {
    const entry: Presentity = {
      state,
      watches: new Map(),
      stop: this.#bus.watch(node, (change) => this.#changed(entry, change)),
    }
    this.#presentities.set(node, entry)
    return entry
  }

  #changed(entry: Presentity, change: StatusChange): void {
    const before = visibleState(entry.state)
    entry.state = change.state
    if (visibleState(change.state) !== before) this.#deliver(change.node, entry)
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
    watched?.delete(presentity)
    if (watched?.size === 0) this.#watching.delete(watcher)
  }
}

/** Equal for duplicates: one watcher's subscriptions that lead to one place. Its own node is the usual place, and the key then. */
function watchKey({ subscriber, target }: StoredSubscription): string {
  return target.kind === 'node' && target.node === subscriber ? subscriber : `${subscriber} ${targetKey(target)}`
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

import {
  type AccessList,
  domainOf,
  type LogicalUrl,
  type PresenceState,
  UnavailableError,
  visibleState,
  writePropNotification,
} from '@parley/protocol'
import { may, mayWatch } from '../access.ts'
import { ManualClock } from '../clock-manual.ts'
import type { Directory } from '../directory.ts'
import { type HomeName, parseHomeName } from '../home-name.ts'
import type { ForwardedNotification, HomePeers } from '../home-peers.ts'
import type { DeliveryOutcome } from '../inbox.ts'
import type { DomainLimits } from '../limits.ts'
import { LocationsMemory } from '../locations-memory.ts'
import type { StoredSubscription } from '../node-store.ts'
import { callBackAt, DomainUnderTest, nodeOf, settled } from './domain-under-test.ts'
import { FaultyLinks } from './faulty-links.ts'
import { NodeStoreUnderTest } from './node-store-under-test.ts'
import { ScriptedInboxes } from './scripted-inbox.ts'

interface HeldHome {
  readonly name: HomeName
  readonly store: NodeStoreUnderTest
  epoch: number
  domain: DomainUnderTest | undefined
}

/** A watch that a test made, and nobody has ended. */
interface MadeWatch {
  readonly watcher: string
  readonly presentity: string
  readonly subscription: StoredSubscription
}

/** Several homes in one process: every user has one device, whose screen outlives the processes that serve it. */
export class ClusterUnderTest {
  readonly clock = new ManualClock()
  readonly locations = new LocationsMemory()
  readonly links = new FaultyLinks(this.clock)
  readonly inboxes = new ScriptedInboxes()
  /** Notifications that went to other IM domains. */
  readonly sentAbroad: ForwardedNotification[] = []
  readonly watches: MadeWatch[] = []
  readonly #limits: Partial<DomainLimits>
  readonly #homes = new Map<HomeName, HeldHome>()
  /** Nodes that the map puts into a home that does not serve them yet. */
  readonly #arriving = new Set<LogicalUrl>()
  readonly #ports = new Map<string, number>()

  constructor(limits: Partial<DomainLimits> = {}) {
    this.#limits = limits
  }

  /** Puts users into homes, opens these, and signs everybody's device in. */
  static async with(users: Readonly<Record<string, readonly string[]>>, limits?: Partial<DomainLimits>) {
    const cluster = new ClusterUnderTest(limits)
    for (const [home, aliases] of Object.entries(users)) {
      const name = parseHomeName(home)
      await cluster.locations.put(
        aliases.map((alias) => ({ node: nodeOf(alias), kind: 'user', home: name, displayName: alias })),
      )
    }
    for (const home of Object.keys(users)) await cluster.open(home)
    for (const alias of Object.values(users).flat()) await cluster.signIn(alias)
    return cluster
  }

  /** Takes a home, for the first time or again: with a new epoch, over the same store. */
  async open(home: string): Promise<DomainUnderTest> {
    const name = parseHomeName(home)
    const held = this.#homes.get(name) ?? { name, store: new NodeStoreUnderTest(), epoch: 0, domain: undefined }
    this.#homes.set(name, held)
    held.epoch += 1
    const domain = new DomainUnderTest(this.#limits, {
      home: name,
      epoch: held.epoch,
      clock: this.clock,
      store: held.store,
      inboxes: this.inboxes,
      bus: this.links.busOf(name),
      peers: this.#peersOf(name),
      locations: this.locations,
      directory: this.#directoryOf(name),
      isForeign: (node) => domainOf(node) !== domainOf(nodeOf('anybody')),
    })
    for await (const stored of held.store.load()) domain.nodes.restore(stored)
    for (const node of domain.nodes.all()) domain.presence.resume(node)
    for (const node of domain.nodes.all()) domain.subscriptions.resume(node)
    domain.audience.repeatRecentChanges()
    this.locations.onChange((changed) => domain.remoteWatches?.relocate(changed))
    domain.remotePresentities?.start()
    domain.remoteWatches?.start()
    held.domain = domain
    await settled()
    return domain
  }

  /** The holder of a home dies. */
  kill(home: string): void {
    const held = this.#homes.get(parseHomeName(home))
    const domain = held?.domain
    if (!held || !domain) return
    held.domain = undefined
    domain.remoteWatches?.close()
    domain.remotePresentities?.close()
    domain.elsewhere?.close()
    domain.expiries.stop()
    domain.devices.close()
    domain.subscriptions.close()
  }

  isHeld(home: string): boolean {
    return this.#homes.get(parseHomeName(home))?.domain !== undefined
  }

  /** The home, which somebody must hold. */
  home(home: string): DomainUnderTest {
    const domain = this.#homes.get(parseHomeName(home))?.domain
    if (!domain) throw new Error(`nobody holds ${home}`)
    return domain
  }

  homeNameOf(alias: string): HomeName {
    const location = this.locations.locate(nodeOf(alias))
    if (!location) throw new Error(`${alias} lives nowhere`)
    return location.home
  }

  homeOf(alias: string): DomainUnderTest {
    return this.home(this.homeNameOf(alias))
  }

  async signIn(alias: string): Promise<void> {
    await this.homeOf(alias).logIn(alias, callBackAt(this.#portOf(alias)))
  }

  /** Lets `watcher` watch, for a day; its screen shows the state that the answer does. */
  async watch(watcher: string, presentity: string, lifetimeSeconds = 86_400): Promise<MadeWatch> {
    const domain = this.homeOf(presentity)
    const subscription = await domain.subscribe(watcher, presentity, { lifetimeSeconds })
    const state = visibleState(domain.user(presentity).published)
    const [fromHref, toHref] = [nodeOf(presentity), nodeOf(watcher)]
    const inbox = this.inboxes.at(`10.0.0.1:${this.#portOf(watcher)}`)
    inbox.deliveries.push({ body: writePropNotification({ fromHref, toHref, state }), hops: 0 })
    const made = { watcher, presentity, subscription }
    this.watches.push(made)
    return made
  }

  async unwatch(made: MadeWatch): Promise<void> {
    const domain = this.homeOf(made.presentity)
    await domain.subscriptions.end(domain.user(made.presentity), made.subscription.id, {
      principal: nodeOf(made.watcher),
      scheme: 'digest',
    })
    this.watches.splice(this.watches.indexOf(made), 1)
  }

  /** Sets the state of the one view of `alias`. */
  async setState(alias: string, state: PresenceState): Promise<void> {
    const domain = this.homeOf(alias)
    const viewId = [...domain.user(alias).views.keys()][0]
    await domain.setState(alias, state, { ...(viewId !== undefined && { viewId }), leaseSeconds: 86_400 })
  }

  /** Lets `alias` shut others out of its presence, and nobody else. */
  async block(alias: string, others: readonly string[]): Promise<void> {
    const domain = this.homeOf(alias)
    const node = domain.user(alias)
    const acl: AccessList = others.map((other) => ({
      principal: { kind: 'node', node: nodeOf(other) },
      credentials: 'any',
      grant: [],
      deny: ['presence'],
    }))
    const head = { ...node.head, acl }
    await node.queue.run(async () => {
      await domain.nodes.commit(node, [{ kind: 'put-head', head }])
      node.head = head
      domain.audience.permit(node.url, (watcher) => mayWatch(node, { principal: watcher }))
    })
  }

  /** Moves a user with its device and its watches to another home, as the map is changed. */
  async move(alias: string, to: string): Promise<void> {
    const url = nodeOf(alias)
    const [source, target] = [this.homeOf(alias), this.home(to)]
    const node = source.user(alias)
    await this.#finish(source.subscriptions.suspend(node))
    for (const device of node.devices) device.inbox.close()
    node.devices = []
    const stored = (await source.store.stored(url)) ?? {
      node: url,
      head: node.head,
      subscriptions: [],
      views: [],
      properties: [],
    }
    for (const subscription of stored.subscriptions) {
      await target.nodes.commit(node, [{ kind: 'put-subscription', subscription }])
    }
    for (const view of stored.views) await target.nodes.commit(node, [{ kind: 'put-view', view }])
    await target.nodes.commit(node, [{ kind: 'put-head', head: stored.head }])
    const moved = target.nodes.restore(stored)
    this.#arriving.add(url)
    const moving = this.locations.move(url, this.homeNameOf(alias), parseHomeName(to))
    // In the same step, as a home does that hears of the change of the map.
    source.remotePresentities?.forget(url)
    source.audience.evict(new Set([url]))
    target.remotePresentities?.resume(url)
    target.presence.resume(moved)
    target.subscriptions.resume(moved)
    target.audience.arrived(moved, this.clock.now())
    this.#arriving.delete(url)
    target.remoteWatches?.relocate([url])
    await moving
    await source.nodes.commit(node, [{ kind: 'remove-node' }])
    node.subscriptions.clear()
  }

  /** The states that came to a device, oldest first; the one in the answer to a watch is the first. */
  statesShown(watcher: string, presentity: string): readonly string[] {
    return this.inboxes.bodiesAt(`10.0.0.1:${this.#portOf(watcher)}`).flatMap((body) => {
      const from = /<r:notification-from>.*?<d:href>([^<]*)</s.exec(body)?.[1]
      const state = /<r:state><r:([a-z-]+)\/>/.exec(body)?.[1]
      return from === nodeOf(presentity) && state !== undefined ? [state] : []
    })
  }

  /** What each watch shows and what it should show, where they differ. */
  untruths(): readonly string[] {
    return this.watches.flatMap(({ watcher, presentity }) => {
      const node = this.homeOf(presentity).user(presentity)
      const isPermitted = may(node, { principal: nodeOf(watcher) }, 'presence')
      const truth = isPermitted ? visibleState(node.published) : 'offline'
      const shown = this.statesShown(watcher, presentity).at(-1)
      return shown === truth ? [] : [`${watcher} sees ${presentity} ${shown}, who is ${truth}`]
    })
  }

  /** Moves time on in small steps, with all work that falls due on the way. */
  async elapse(ms: number): Promise<void> {
    await settled()
    for (let left = ms; left > 0; left -= 250) {
      this.clock.elapse(Math.min(250, left))
      await settled()
    }
  }

  /** Moves time on until the work is done. */
  async #finish(work: Promise<void>): Promise<void> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    await settled()
    while (!isDone) await this.elapse(250)
    await done
  }

  #portOf(alias: string): number {
    const port = this.#ports.get(alias) ?? this.#ports.size + 1
    this.#ports.set(alias, port)
    return port
  }

  #directoryOf(home: HomeName): Directory {
    return {
      user: (node) => {
        const location = this.#arriving.has(node) ? undefined : this.locations.locate(node)
        return location?.home === home && location.kind === 'user' ? location : undefined
      },
      onChange: () => () => {},
    }
  }

  #peersOf(from: HomeName): HomePeers {
    const at = <T>(to: HomeName, work: (domain: DomainUnderTest) => Promise<T> | undefined): Promise<T> =>
      this.links.call(from, to, async () => {
        const domain = this.#homes.get(to)?.domain
        const result = domain && (await work(domain))
        if (result === undefined) throw new UnavailableError('nobody holds the home')
        return result
      })
    return {
      report: (to, report) => {
        const sent = structuredClone(report)
        return at(to, ({ remotePresentities }) => remotePresentities?.report(sent))
      },
      changesSince: (to, ask) => at(to, ({ remoteWatches }) => remoteWatches?.changesSince({ ...ask })),
      notify: (notification) => this.#notify(from, notification),
      adopt: () => Promise.reject(new UnavailableError('nodes do not move here')),
    }
  }

  /** As the other home's NOTIFY does it. */
  async #notify(from: HomeName, notification: ForwardedNotification): Promise<DeliveryOutcome> {
    const location = this.locations.locate(notification.node)
    if (!location) {
      this.sentAbroad.push(notification)
      return 'delivered'
    }
    try {
      return await this.links.call(from, location.home, async () => {
        const domain = this.home(location.home)
        const node = domain.nodes.get(location.node)
        const { sender, ack, hops, body } = notification
        if (!may(node, sender, 'send-to')) return 'refused'
        await domain.notifications.deliver(node, { sender, ack, hops, bodyFor: () => body })
        return 'delivered'
      })
    } catch {
      return 'unreachable'
    }
  }
}

/** The URL of a node of an IM domain that is not ours. */
export function foreignNodeOf(alias: string): LogicalUrl {
  return nodeOf(alias).replace('im.example.com', 'im.example.net') as LogicalUrl
}

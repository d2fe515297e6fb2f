import { type LogicalUrl, type NotificationType, type PresenceState, type StateReport, userUrl } from '@parley/protocol'
import { Audience } from '../audience.ts'
import { ManualClock } from '../clock-manual.ts'
import type { Device } from '../device.ts'
import { Devices } from '../devices.ts'
import type { Directory } from '../directory.ts'
import { type DomainEvents, silentEvents } from '../events.ts'
import { Expiries } from '../expiries.ts'
import type { HomeName } from '../home-name.ts'
import type { HomePeers } from '../home-peers.ts'
import type { Identity } from '../identity.ts'
import type { Ids } from '../ids.ts'
import { type DomainLimits, defaultDomainLimits } from '../limits.ts'
import type { Locations } from '../locations.ts'
import type { DeliveryTarget, Epoch, StoredSubscription, ViewId } from '../node-store.ts'
import { Nodes } from '../nodes.ts'
import { Notifications } from '../notifications.ts'
import { PeerInboxes } from '../peer-inbox.ts'
import { type GrantedState, Presence } from '../presence.ts'
import { RemotePresentities } from '../remote-presentities.ts'
import { RemoteWatches } from '../remote-watches.ts'
import type { RvpNode } from '../rvp-node.ts'
import type { StatusBus, StatusChange } from '../status-bus.ts'
import { Subscriptions } from '../subscriptions.ts'
import { WatchTable } from '../watch-table.ts'
import { NodeStoreUnderTest } from './node-store-under-test.ts'
import { ScriptedInboxes } from './scripted-inbox.ts'

const domain = 'im.example.com'

/** The URL of a user of the domain under test. */
export function nodeOf(alias: string): LogicalUrl {
  return userUrl(domain, alias)
}

/** A user as the edge proved it. */
export function callerOf(alias: string): Identity {
  return { principal: nodeOf(alias), scheme: 'digest' }
}

/** A Call-Back at a port of `address`. */
export function callBackAt(port: number, address = '10.0.0.1'): DeliveryTarget {
  return { kind: 'callback', host: `${address}:${port}`, address, port, path: '/' }
}

/** What a domain under test shares with others when it is one home of several. */
export interface Surroundings {
  readonly home: HomeName
  readonly epoch: Epoch
  readonly clock: ManualClock
  readonly store: NodeStoreUnderTest
  readonly inboxes: ScriptedInboxes
  readonly bus: StatusBus
  readonly peers: HomePeers
  readonly locations: Locations
  readonly directory: Directory
  /** Nodes of other IM domains. */
  readonly isForeign: (node: LogicalUrl) => boolean
}

/** A home's nodes and what works on them, over a store and inboxes that the test scripts. Alone, every alias is a user of it but `nobody`. */
export class DomainUnderTest {
  readonly clock: ManualClock
  readonly store: NodeStoreUnderTest
  readonly inboxes: ScriptedInboxes
  readonly failures: string[] = []
  readonly gone: string[] = []
  /** Watches that were ignored, and homes that fell silent or were heard again. */
  readonly warnings: string[] = []
  readonly nodes: Nodes
  readonly expiries: Expiries
  readonly watches: WatchTable
  readonly elsewhere: PeerInboxes | undefined
  readonly remoteWatches: RemoteWatches | undefined
  readonly remotePresentities: RemotePresentities | undefined
  readonly audience: Audience
  readonly presence: Presence
  readonly devices: Devices
  readonly subscriptions: Subscriptions
  readonly notifications: Notifications
  readonly #listeners: ((change: StatusChange) => void)[] = []

  constructor(limits: Partial<DomainLimits> = {}, surroundings?: Surroundings) {
    let last = 0
    const ids: Ids = { number: () => ++last, token: () => `token-${++last}` }
    const directory: Directory = surroundings?.directory ?? {
      user: (node) => (node === nodeOf('nobody') ? undefined : { node, displayName: '' }),
      onChange: () => () => {},
    }
    const events: DomainEvents = {
      ...silentEvents,
      backgroundFailed: (what) => this.failures.push(what),
      deviceGone: (_, why) => this.gone.push(why),
      homeHeard: (home, isHeard) => this.warnings.push(`${home} is ${isHeard ? 'heard' : 'silent'}`),
      watchIgnored: (watcher) => this.warnings.push(`${watcher} watches too many`),
    }
    const all = { ...defaultDomainLimits, ...limits }
    this.clock = surroundings?.clock ?? new ManualClock()
    this.store = surroundings?.store ?? new NodeStoreUnderTest()
    this.inboxes = surroundings?.inboxes ?? new ScriptedInboxes()
    const { clock, store, inboxes } = this
    this.nodes = new Nodes({ store, directory, clock, epoch: surroundings?.epoch ?? 1 })
    this.expiries = new Expiries(clock)
    this.watches = new WatchTable({ events })
    const { nodes, expiries, watches } = this
    if (surroundings) {
      const { home, bus, peers, locations, isForeign } = surroundings
      this.elsewhere = new PeerInboxes({ peers, clock })
      const shared = { home, nodes, watches, bus, peers, clock }
      this.remoteWatches = new RemoteWatches({ ...shared, inboxes: this.elsewhere, locations, isForeign })
      this.remotePresentities = new RemotePresentities({ ...shared, limits: all, events })
    }
    this.audience = new Audience({ nodes, watches, remote: this.remoteWatches })
    const { audience, elsewhere } = this
    const recording = {
      changed: (change: StatusChange): void => {
        for (const listener of this.#listeners) listener(change)
        audience.changed(change)
      },
    }
    this.presence = new Presence({ nodes, audience: recording, clock, ids, expiries, limits: all, events })
    const { presence } = this
    this.devices = new Devices({ nodes, presence, watches, inboxes, clock, limits: all, events })
    const { devices } = this
    this.subscriptions = new Subscriptions({
      nodes,
      devices,
      audience,
      inboxes,
      clock,
      ids,
      expiries,
      limits: all,
      events,
    })
    const { subscriptions } = this
    this.notifications = new Notifications({ nodes, subscriptions, watches, elsewhere, limits: all, events })
  }

  user(alias: string): RvpNode {
    return this.nodes.get(nodeOf(alias))
  }

  /** Signs a device of `alias` in at a Call-Back. */
  async logIn(alias: string, target: DeliveryTarget): Promise<{ subscription: StoredSubscription; device: Device }> {
    const node = this.user(alias)
    const subscription = await this.subscribe(alias, alias, { type: 'pragma/notify', target })
    const device = node.devices.find(({ subscriptions }) => subscriptions.has(subscription.id))
    if (!device) throw new Error('no device')
    return { subscription, device }
  }

  /** Lets `watcher` subscribe to `node`: to its properties, for its own node, for an hour, unless told otherwise. */
  async subscribe(
    watcher: string,
    node: string | LogicalUrl,
    {
      type = 'update/propchange',
      target = { kind: 'node', node: nodeOf(watcher) },
      lifetimeSeconds = 3600,
    }: { type?: NotificationType; target?: DeliveryTarget; lifetimeSeconds?: number } = {},
  ): Promise<StoredSubscription> {
    const url = node.startsWith('http:') ? (node as LogicalUrl) : nodeOf(node)
    return await this.subscriptions.create(this.nodes.get(url), {
      type,
      subscriber: nodeOf(watcher),
      target,
      href: url,
      subscriberHref: nodeOf(watcher),
      lifetimeSeconds,
    })
  }

  /** Sets a state of `alias` for 20 minutes. */
  async setState(
    alias: string,
    state: PresenceState,
    {
      device,
      viewId,
      leaseSeconds = 1200,
    }: { device?: Device | undefined; viewId?: ViewId; leaseSeconds?: number } = {},
  ): Promise<GrantedState> {
    const node = this.user(alias)
    const change: StateReport = { state, defaultState: 'offline', leaseSeconds, viewId }
    return await node.queue.run(() => this.presence.set(node, change, device))
  }

  /** Changes of a user's state from now on. */
  changesOf(alias: string): readonly StatusChange[] {
    const changes: StatusChange[] = []
    this.#listeners.push((change) => {
      if (change.node === nodeOf(alias)) changes.push(change)
    })
    return changes
  }
}

/** Lets all work that waits for nothing but promises finish. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

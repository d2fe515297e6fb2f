import {
  Audience,
  type CallBackPolicyOptions,
  type Clock,
  Devices,
  type Directory,
  type DomainEvents,
  type DomainLimits,
  type Epoch,
  Expiries,
  FreshRenames,
  type HomePeerService,
  type Ids,
  type InboxFactory,
  type NodeStore,
  Nodes,
  Notifications,
  Presence,
  type RvpNode,
  type StatusBus,
  Subscriptions,
  type UnheardHome,
  WatchTable,
} from '@parley/domain'
import type { RvpRequest, RvpResponse, RvpService } from '@parley/http'
import { type LogicalUrl, parseLogicalUrl } from '@parley/protocol'
import { CreatePolicy, type CreateRule } from './create-policy.ts'
import { DirectoryGroups } from './directory-groups.ts'
import { Home } from './home.ts'
import { createNodeTraffic, type HomeCluster } from './home-cluster.ts'
import { HomeRenames } from './home-renames.ts'
import { inTurns } from './in-turns.ts'
import { NodeRenaming } from './node-renaming.ts'
import { Persons } from './persons.ts'
import { noPeers, RemoteSide } from './remote-side.ts'
import { RenameProgress } from './rename-progress.ts'
import { SignOffs } from './sign-offs.ts'

/** What a home needs from the world. */
export interface OpenHomeOptions {
  readonly store: NodeStore
  readonly epoch: Epoch
  readonly directory: Directory
  readonly bus: StatusBus
  readonly inboxes: InboxFactory
  readonly clock: Clock
  readonly ids: Ids
  readonly limits: DomainLimits
  readonly events: DomainEvents
  readonly callBackPolicy: CallBackPolicyOptions
  readonly createRules: readonly CreateRule[]
  /** Absent: this is the only home there is. */
  readonly cluster?: HomeCluster
}

/** Nodes whose subscriptions are resumed in one go: thousands of subscriptions. */
const nodesAtOnce = 20

/** How many of what a home holds, for metrics. */
export interface HomeCounts {
  readonly nodes: number
  readonly online: number
  readonly devices: number
  readonly subscriptions: number
  /** Watches, and states, that other homes have not been told of yet. */
  readonly watchReportsWaiting: number
  /** Other homes whose nodes are watched, and of which nothing was heard for some time. */
  readonly homesSilent: number
}

/** A home that serves. */
export interface OpenHome extends RvpService, Disposable {
  counts(): HomeCounts
  /** Other homes whose nodes are watched, and of which nothing was heard for some time. */
  unheard(): readonly UnheardHome[]
  /** Whether the node lives here, and is not about to leave. */
  serves(node: LogicalUrl): boolean
  /** Takes no more messages for devices (`Inbox.hold`): those under way that were not sent are refused, for the next holder. */
  hold(): void
  /** What other homes ask of this one; rejects when the home is alone. */
  readonly peerService: HomePeerService
}

/** Restores what the store holds, and serves it from then on. */
export async function openHome(options: OpenHomeOptions): Promise<OpenHome> {
  const { store, epoch, directory, bus, inboxes, clock, ids, limits, events, cluster } = options
  const fresh = new FreshRenames(clock)
  const nodes = new Nodes({ store, directory, epoch, clock, place: cluster, renamed: fresh })
  const expiries = new Expiries(clock)
  const watches = new WatchTable({ events })
  const remote = cluster && new RemoteSide({ ...cluster, nodes, watches, bus, clock, limits, events })
  const audience = new Audience({ nodes, watches, remote: remote?.watches })
  const presence = new Presence({ nodes, audience, clock, ids, expiries, limits, events })
  const devices = new Devices({ nodes, presence, watches, inboxes, clock, limits, events })
  const subscriptions = new Subscriptions({ nodes, devices, audience, inboxes, clock, ids, expiries, limits, events })
  const elsewhere = remote?.inboxes
  const groups = cluster && new DirectoryGroups({ ...cluster, nodes })
  const notifications = new Notifications({ nodes, subscriptions, watches, elsewhere, groups, limits, events })
  const persons = new Persons({ nodes, directory, devices, subscriptions, audience, events })
  const isGone = async (url: LogicalUrl): Promise<boolean> => {
    if (!cluster) return directory.user(url) === undefined
    // NOTE: the log is written before the map lets go of an old URL, so that nobody is taken for gone who was renamed.
    await renames?.catchUp()
    return !fresh.has(url) && (await cluster.directory.look(url)) === undefined
  }
  const signOffs = new SignOffs({ nodes, devices, subscriptions, audience, isGone, clock, events })
  const signOff = (url: LogicalUrl): void => signOffs.add(url)
  const serve = ({ url }: RvpNode): void => {
    persons.check(url, false)
    const node = nodes.at(url)
    if (!node) return
    presence.resume(node)
    remote?.arrived(url)
    subscriptions.resume(node)
    watches.repeat(url)
    for (const device of node.devices) watches.refresh(url, device)
  }
  const release = (node: RvpNode): void => {
    devices.letGo(node)
    remote?.left(node.url, audience)
  }
  const prepare = async (): Promise<void> => await renames?.settled()
  const traffic =
    cluster && createNodeTraffic({ ...cluster, nodes, subscriptions, clock, events, serve, release, signOff, prepare })
  const progress = new RenameProgress({ store, epoch })
  const renames =
    cluster?.renames && remote && traffic
      ? new HomeRenames({
          ...traffic,
          renames: cluster.renames,
          fresh,
          nodes,
          progress,
          isUser: (url) => directory.user(url) !== undefined,
          renaming: new NodeRenaming({
            ...{ nodes, subscriptions, presence, devices, watches, audience, remote, clock },
            resolve: cluster.resolve ?? parseLogicalUrl,
          }),
          clock,
          events,
        })
      : undefined
  for await (const stored of store.load()) {
    if (progress.restore(stored)) continue
    if (traffic) await traffic.places.restore(stored)
    else nodes.restore(stored)
  }
  await renames?.open()
  for (const node of [...nodes.all()]) persons.check(node.url, false)
  for (const node of nodes.all()) presence.resume(node)
  // NOTE: two million subscriptions take a process many seconds, in which it must renew its leases, or it loses the home.
  await inTurns(nodes.all(), nodesAtOnce, (node) => subscriptions.resume(node))
  audience.repeatRecentChanges()
  remote?.start()
  const home = new Home(
    {
      nodes,
      directory,
      presence,
      devices,
      subscriptions,
      watches: audience,
      notifications,
      callBackPolicy: options.callBackPolicy,
      createPolicy: new CreatePolicy(options.createRules),
      groups,
      limits,
      clock,
      ids,
    },
    traffic && groups && { ...traffic, groups, renamed: renames && { fresh, renames, nodes } },
  )
  const report: HomePeerService['report'] = async (told) => {
    // NOTE: who is not known here, and watches there, may have got another URL just now.
    const isNew = told.reports.some(({ put }) => put.some(({ receiver }) => !nodes.loaded(receiver)))
    if (isNew) await renames?.catchUp().catch(() => undefined)
    return await (remote ? remote.service.report(told) : noPeers.report(told))
  }
  const signOffIfDisabled = (url: LogicalUrl): void => {
    if (!directory.user(url)) signOff(url)
  }
  // Somebody may have been disabled while nobody served. NOTE: in a cluster, who is not in the directory may live elsewhere.
  if (!traffic) for (const url of usersIn(nodes.all())) signOffIfDisabled(url)
  const stopFollowing = directory.onChange((changed) => {
    for (const url of changed) {
      persons.check(url, true)
      if (!remote) signOffIfDisabled(url)
      else if (directory.user(url)) remote.arrived(url)
    }
  })
  traffic?.places.start()
  renames?.start()
  return {
    handle: (request: RvpRequest): Promise<RvpResponse> => home.handle(request),
    counts: () => ({
      ...count(nodes.all()),
      watchReportsWaiting: remote?.watches.lag ?? 0,
      homesSilent: remote?.presentities.unheard().length ?? 0,
    }),
    unheard: () => remote?.presentities.unheard() ?? [],
    serves: (url) => {
      // NOTE: a stream is known by the URL that its user had when it was opened.
      const node = fresh.now(url)
      return !traffic?.gate.isClosed(node) && nodes.find(node)?.place === 'here'
    },
    hold: () => {
      remote?.inboxes.hold()
      devices.hold()
      subscriptions.hold()
    },
    peerService: remote && traffic ? { ...remote.service, ...traffic.service, report } : noPeers,
    [Symbol.dispose](): void {
      stopFollowing()
      signOffs[Symbol.dispose]()
      renames?.[Symbol.dispose]()
      groups?.[Symbol.dispose]()
      traffic?.[Symbol.dispose]()
      remote?.[Symbol.dispose]()
      expiries.stop()
      nodes.stop()
      devices.close()
      subscriptions.close()
    },
  }
}

/** Users who are present, or receive something. */
function usersIn(nodes: Iterable<RvpNode>): ReadonlySet<LogicalUrl> {
  const users = new Set<LogicalUrl>()
  for (const { url, kind, subscriptions } of nodes) {
    if (kind === 'user') users.add(url)
    for (const { subscriber } of subscriptions.values()) users.add(subscriber)
  }
  return users
}

function count(nodes: Iterable<RvpNode>): Pick<HomeCounts, 'nodes' | 'online' | 'devices' | 'subscriptions'> {
  const counts = { nodes: 0, online: 0, devices: 0, subscriptions: 0 }
  for (const node of nodes) {
    counts.nodes += 1
    counts.devices += node.devices.length
    counts.subscriptions += node.subscriptions.size
    if (node.published !== 'offline') counts.online += 1
  }
  return counts
}

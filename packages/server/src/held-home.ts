import {
  type Epoch,
  type HomeName,
  type Ids,
  type StatusBus,
  type Tracer,
  tracedInboxes,
  tracedNodeStore,
  type UnheardHome,
} from '@parley/domain'
import {
  type HeldHomeStatus,
  type HomeCounts,
  InFlight,
  type KeepableHome,
  openHome,
  openHomeDirectory,
} from '@parley/home'
import { Addressing, ClusterPeers, createInboxesOfHomes, type HeldHome, type StreamHub } from '@parley/http'
import { servedDomains } from './client-listeners.ts'
import type { ClusterConfig } from './cluster-config.ts'
import type { ClusterParts } from './cluster-parts.ts'
import type { createEvents } from './events.ts'
import type { FederationParts } from './federation-parts.ts'
import { homeSettings } from './home-settings.ts'

/** A home that this process holds, as its keeper and the cluster's endpoint know it. */
export interface HeldHomeOfProcess extends HeldHome, KeepableHome {
  counts(): HomeCounts
  unheard(): readonly UnheardHome[]
}

/** Opens homes of a process: what `HomeKeeper` calls once it has taken one. */
export function heldHomeOpener(
  config: ClusterConfig,
  parts: ClusterParts,
  given: {
    bus: StatusBus
    streams: StreamHub
    ids: Ids
    events: ReturnType<typeof createEvents>
    held: (home: HomeName) => HeldHome | undefined
    /** Whether this process may be sure that it holds the home in that epoch at this moment (`HomeKeeper.holds`). */
    holds: (home: HomeName, epoch: Epoch) => boolean
    /** Absent: there are no other IM domains. */
    federation?: FederationParts | undefined
    /** Absent: nothing is traced. */
    tracer?: Tracer | undefined
  },
): (home: HomeName, epoch: Epoch) => Promise<HeldHomeOfProcess> {
  const { clock, map, locations, leases, renames, holders, client, storeOf } = parts
  const { bus, streams, ids, events, held, holds, federation, tracer } = given
  const addressing = new Addressing(servedDomains(config, undefined), federation?.policy.isKnown)
  const inboxesOf = createInboxesOfHomes({ clock, hub: streams })
  return async (home, epoch) => {
    await using open = new AsyncDisposableStack()
    const mayDeliver = () => holds(home, epoch)
    const peers = new ClusterPeers({
      client,
      holders,
      locations,
      addressing,
      clock,
      ids,
      local: held,
      ...(federation && { foreign: federation.service }),
      mayDeliver,
    })
    const directory = open.use(await openHomeDirectory({ home, locations: map, clock, events }))
    const store = storeOf(home)
    const inboxes = inboxesOf(mayDeliver)
    const opened = open.use(
      await openHome({
        store: tracer ? tracedNodeStore(store, tracer, 'redis') : store,
        epoch,
        directory,
        bus,
        inboxes: tracer ? tracedInboxes(inboxes, tracer) : inboxes,
        clock,
        ids,
        ...homeSettings(config),
        events,
        cluster: {
          home,
          directory,
          locations: map,
          peers,
          leases,
          domains: config.domains.map(({ name }) => name),
          renames,
          resolve: addressing.resolver(undefined),
        },
      }),
    )
    const inFlight = new InFlight()
    const all = open.move()
    return {
      epoch,
      service: { handle: (request) => inFlight.run(() => opened.handle(request)) },
      peers: opened.peerService,
      serves: (node) => opened.serves(node),
      counts: () => opened.counts(),
      unheard: () => opened.unheard(),
      idle: async (deadline) => {
        opened.hold()
        await inFlight.idle(deadline)
      },
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    }
  }
}

/** What several homes hold together. */
export function sumOfCounts(homes: readonly { counts(): HomeCounts }[]): HomeCounts {
  const sum = { nodes: 0, online: 0, devices: 0, subscriptions: 0, watchReportsWaiting: 0, homesSilent: 0 }
  for (const home of homes) {
    const { nodes, online, devices, subscriptions, watchReportsWaiting, homesSilent } = home.counts()
    sum.nodes += nodes
    sum.online += online
    sum.devices += devices
    sum.subscriptions += subscriptions
    sum.watchReportsWaiting += watchReportsWaiting
    sum.homesSilent += homesSilent
  }
  return sum
}

/** A home that a process holds, or is told by its configuration to hold. */
export interface ServingHome extends Pick<HeldHomeStatus, 'home' | 'serving'> {
  /** Whether its configuration names it, rather than having it stand by for it. */
  readonly own: boolean
}

/** Whether each home serves that a process holds, or is told by its configuration to hold. */
export function servingOf(own: readonly HomeName[], held: readonly HeldHomeStatus[]): readonly ServingHome[] {
  const elsewhere = own.filter((home) => !held.some((one) => one.home === home))
  return [
    ...held.map(({ home, serving }) => ({ home, serving, own: own.includes(home) })),
    ...elsewhere.map((home) => ({ home, serving: false, own: true })),
  ]
}

/** What a home says about itself to `parley status` (HomeStatus). */
export function statusOf(home: { counts(): HomeCounts }): Pick<HomeCounts, 'online' | 'devices' | 'subscriptions'> & {
  readonly lag: number
} {
  const { online, devices, subscriptions, watchReportsWaiting: lag } = home.counts()
  return { online, devices, subscriptions, lag }
}

/** What is wrong with the homes that these ones watch, a sentence each. */
export function silences(homes: readonly { unheard(): readonly UnheardHome[] }[]): readonly string[] {
  const sentences = homes
    .flatMap((home) => home.unheard())
    .map(({ home, seconds, isOffline }) => {
      const shown = isOffline ? 'are shown offline' : 'may be shown in an old state'
      return `${home} has not been heard for ${seconds} s: its users ${shown}`
    })
  return [...new Set(sentences)]
}

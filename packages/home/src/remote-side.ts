import {
  type Audience,
  type Clock,
  type DomainEvents,
  type DomainLimits,
  type HomeLeases,
  type HomeName,
  type HomePeerService,
  type HomePeers,
  type Locations,
  type Nodes,
  PeerInboxes,
  RemotePresentities,
  RemoteWatches,
  type StatusBus,
  type WatchTable,
} from '@parley/domain'
import { domainOf, type LogicalUrl, UnavailableError } from '@parley/protocol'

/** What a home of a cluster needs besides what it needs alone. */
export interface RemoteSideOptions {
  readonly home: HomeName
  readonly peers: HomePeers
  readonly locations: Locations
  /** Tells when a home gets another holder, which then knows nothing of our watches. Absent: it is noticed some seconds later. */
  readonly leases?: Pick<HomeLeases, 'onChange'> | undefined
  /** The installation's IM domains; absent: there are no others. */
  readonly domains?: readonly string[] | undefined
  readonly nodes: Nodes
  readonly watches: WatchTable
  readonly bus: StatusBus
  readonly clock: Clock
  readonly limits: DomainLimits
  readonly events: DomainEvents
}

/** A home among others: watches across homes, in both directions, and inboxes of nodes that live elsewhere. */
export class RemoteSide implements Disposable {
  readonly inboxes: PeerInboxes
  /** Watches that other homes' users hold on nodes of this one. */
  readonly watches: RemoteWatches
  /** Nodes of other homes that users of this one watch. */
  readonly presentities: RemotePresentities
  readonly #given: RemoteSideOptions
  readonly #following = new DisposableStack()

  constructor(given: RemoteSideOptions) {
    this.#given = given
    const { domains, peers, clock } = given
    this.inboxes = new PeerInboxes({ peers, clock })
    this.watches = new RemoteWatches({
      ...given,
      inboxes: this.inboxes,
      isForeign: (node) => domains !== undefined && !domains.includes(domainOf(node)),
    })
    this.presentities = new RemotePresentities(given)
  }

  /** What other homes ask about presence. */
  get service(): Pick<HomePeerService, 'report' | 'changesSince'> {
    return {
      report: (report) => this.presentities.report(report),
      changesSince: (ask) => this.watches.changesSince(ask),
    }
  }

  /** Begins to hear, and to tell other homes, everything first: all that the store holds is restored and resumed. */
  start(): void {
    const { locations, leases } = this.#given
    this.#following.defer(locations.onChange((changed) => this.watches.relocate(changed)))
    const stop = leases?.onChange((home) => home !== undefined && this.watches.check(home))
    if (stop) this.#following.defer(stop)
    this.presentities.start()
    this.watches.start()
  }

  /** A node has come to this home, from another one or into the directory; before its subscriptions are resumed. */
  arrived(node: LogicalUrl): void {
    this.presentities.resume(node)
    this.watches.relocate([node])
  }

  /** A node has left this home, as the map says; `audience` goes on telling it where it is now. */
  left(node: LogicalUrl, audience: Audience): void {
    this.presentities.forget(node)
    audience.evict(new Set([node]))
  }

  [Symbol.dispose](): void {
    this.#following.dispose()
    this.watches.close()
    this.presentities.close()
    this.inboxes.close()
  }
}

/** A home that is alone has no peers. */
export const noPeers: HomePeerService = {
  report: async () => await refuse(),
  changesSince: async () => await refuse(),
  adopt: async () => await refuse(),
  moveNode: async () => await refuse(),
}

function refuse(): Promise<never> {
  return Promise.reject(new UnavailableError('the home is not part of a cluster'))
}

import type {
  Clock,
  DomainEvents,
  HomeLeases,
  HomeName,
  HomePeerService,
  HomePeers,
  Locations,
  Nodes,
  Renames,
  ResolveUrl,
  RvpNode,
} from '@parley/domain'
import type { HomeDirectory } from './home-directory.ts'
import { NodeGate } from './node-gate.ts'
import { NodeMoves, type NodeSuspender } from './node-moves.ts'
import { NodePlaces } from './node-places.ts'

/** The cluster as one of its homes sees it. */
export interface HomeCluster {
  readonly home: HomeName
  /** The same as the home's own. */
  readonly directory: HomeDirectory
  /** The map itself rather than a cache of it: it decides where a node lives. */
  readonly locations: Locations
  readonly peers: HomePeers
  /** Tells when another home gets a new holder. */
  readonly leases?: Pick<HomeLeases, 'onChange'>
  /** The installation's IM domains: nodes of any other one are reached by NOTIFY. Absent: there are no others. */
  readonly domains?: readonly string[] | undefined
  /** The log of renames. Absent: nodes keep their URLs. */
  readonly renames?: Renames | undefined
  /** Which of our nodes a URL names that a client has spelled. Absent: canonical URLs only. */
  readonly resolve?: ResolveUrl | undefined
}

/** What brings nodes to a home, and takes them away. */
export interface NodeTraffic extends Disposable {
  readonly gate: NodeGate
  readonly places: NodePlaces
  /** What other homes ask about nodes that move. */
  readonly service: Pick<HomePeerService, 'adopt' | 'moveNode'>
}

/** Wires what brings nodes to a home and takes them away; `places.start()` begins. */
export function createNodeTraffic(
  given: HomeCluster & {
    readonly nodes: Nodes
    readonly subscriptions: NodeSuspender
    readonly clock: Clock
    readonly events: Pick<DomainEvents, 'backgroundFailed'>
    readonly serve: (node: RvpNode) => void
    readonly release: (node: RvpNode) => void
    readonly signOff: (url: RvpNode['url']) => void
    /** Sees to it that all nodes have their present URLs before one of them moves. Rejects with UnavailableError. */
    readonly prepare: () => Promise<void>
  },
): NodeTraffic {
  const gate = new NodeGate()
  const places = new NodePlaces(given)
  const moves = new NodeMoves({ ...given, places, gate })
  return {
    gate,
    places,
    service: {
      adopt: async (node) => {
        await given.prepare()
        await places.adopt(node)
      },
      moveNode: (node, to) => moves.moveNode(node, to),
    },
    [Symbol.dispose](): void {
      moves[Symbol.dispose]()
      places[Symbol.dispose]()
    },
  }
}

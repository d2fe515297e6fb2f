import type { Clock, DomainEvents, HomeName, HomePeers, Locations, Nodes, RvpNode, Subscriptions } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import { type LogicalUrl, NotFoundError, UnavailableError } from '@parley/protocol'
import type { HomeDirectory } from './home-directory.ts'
import type { NodeGate } from './node-gate.ts'
import type { NodePlaces } from './node-places.ts'

/** Stops telling others of a node, and resumes it. */
export type NodeSuspender = Pick<Subscriptions, 'suspend' | 'resume'>

export interface NodeMovesOptions {
  readonly home: HomeName
  readonly nodes: Nodes
  readonly places: NodePlaces
  readonly subscriptions: NodeSuspender
  readonly gate: NodeGate
  readonly directory: Pick<HomeDirectory, 'look' | 'recheck'>
  readonly locations: Pick<Locations, 'mark' | 'move'>
  readonly peers: Pick<HomePeers, 'adopt'>
  /** Sees to it that a node has its present URL before it moves. */
  readonly prepare: () => Promise<void>
  readonly clock: Clock
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
}

/** How long requests under way may take before a move is given up. */
const idleMs = 3_000
const retryMs = 1_000

/**
 * Moves nodes to other homes while they are used: mark in the map and with the node, copy, change of the map, end of the
 * original (docs/adr/0015). The change of the map is the one step that decides where the node lives; whoever takes the home
 * before it finds the mark with the node, and replaces the one in the map, so that the change is refused.
 */
export class NodeMoves implements Disposable {
  readonly #options: NodeMovesOptions
  readonly #moving = new Set<LogicalUrl>()
  readonly #endPauses = new Set<() => void>()
  #isClosed = false

  constructor(options: NodeMovesOptions) {
    this.#options = options
  }

  /**
   * Moves a node of this home with all that it holds; requests for it are refused with NotHeldError meanwhile. A node that
   * lives there already is left alone. Rejects with RvpError, and then the node lives where it did.
   */
  async moveNode(url: LogicalUrl, to: HomeName): Promise<void> {
    const { home, nodes, gate, directory, clock, prepare } = this.#options
    await prepare()
    const location = await directory.look(url)
    if (!location) throw new NotFoundError('no such node')
    if (location.home === to) return
    if (location.home !== home) throw new NotHeldError()
    if (this.#moving.has(url)) throw busy()
    this.#moving.add(url)
    try {
      if (!(await gate.close(url, { clock, limitMs: idleMs }))) throw busy()
      const node = nodes.get(url)
      await node.queue.run(() => this.#handOver(node, to))
    } finally {
      this.#moving.delete(url)
      gate.open(url)
    }
  }

  /** Gives up moves whose outcome the map does not tell; whoever opens the home next learns it. */
  [Symbol.dispose](): void {
    this.#isClosed = true
    for (const end of this.#endPauses) end()
  }

  async #handOver(node: RvpNode, to: HomeName): Promise<void> {
    const { places, events } = this.#options
    // NOTE: nothing is stored here from now on, so the copy stays complete.
    node.place = 'leaving'
    try {
      await this.#change(node, to, await this.#copy(node, to))
    } catch (err) {
      // NOTE: a home that is closed in between cannot know where the node lives.
      if (!this.#isClosed) this.#stay(node)
      throw err
    }
    if (this.#isClosed) return
    places.leave(node)
    places.removeCopy(node.url).catch((err: unknown) => events.backgroundFailed('remove a node that has moved', err))
  }

  #stay(node: RvpNode): void {
    const { nodes, directory, events } = this.#options
    node.place = 'here'
    directory.recheck([node.url])
    nodes
      .commit(node, [{ kind: 'put-head', head: node.head }])
      .catch((err: unknown) => events.backgroundFailed('store that a node does not move', err))
  }

  /** Hands a copy over; resolves with the mark under which the map is to be changed. */
  async #copy(node: RvpNode, to: HomeName): Promise<string> {
    const { home, peers, nodes, places, locations } = this.#options
    const mark = places.nextMark()
    if (!(await locations.mark(node.url, home, mark)))
      throw new UnavailableError('the node was moved or removed meanwhile')
    // NOTE: in this order. Who has taken the home by now makes this fail; who takes it later finds the mark with the node.
    await peers.adopt(to, await nodes.depart(node, mark))
    return mark
  }

  /** Resolves once the map names the new home. Rejects only if it does not, or when this home is closed before anybody knows. */
  async #change(node: RvpNode, to: HomeName, first: string): Promise<void> {
    const { home, locations, events, subscriptions } = this.#options
    // NOTE: the new home must be the last of whom others hear about the node.
    await subscriptions.suspend(node)
    for (let tries = 0; !this.#isClosed; tries++) {
      try {
        const mark = tries === 0 ? first : await this.#copy(node, to)
        if (await locations.move(node.url, home, to, mark)) return
      } catch (err) {
        if (tries === 0) events.backgroundFailed('change the map for a node that moves; it is tried again', err)
      }
      const isThere = await this.#isAt(to, node.url)
      if (isThere === true) return
      if (isThere === false) {
        subscriptions.resume(node)
        throw new UnavailableError('the node was moved or removed meanwhile')
      }
      // NOTE: whether the map was changed is unknown, and may be for as long as it is away: nobody serves the node until then.
      await this.#pause()
    }
    throw new UnavailableError('the home server is stopping')
  }

  /** Whether the node is at `to`; undefined while nobody can tell, or it still is here. */
  async #isAt(to: HomeName, url: LogicalUrl): Promise<boolean | undefined> {
    try {
      const location = await this.#options.directory.look(url)
      if (location?.home === this.#options.home) return undefined
      return location?.home === to
    } catch {
      return undefined
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(retryMs, resolve)
    this.#endPauses.add(resolve)
    if (this.#isClosed) resolve()
    await promise
    cancel()
    this.#endPauses.delete(resolve)
  }
}

function busy(): UnavailableError {
  return new UnavailableError('the node is busy; try again', { headers: [['Retry-After', '5']] })
}

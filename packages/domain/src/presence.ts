import { ForbiddenError, type PresenceState, type StateReport } from '@parley/protocol'
import type { Clock } from './clock.ts'
import { deriveState, nextSharedState } from './derive-state.ts'
import type { Device } from './device.ts'
import type { DomainEvents } from './events.ts'
import type { Expiries, Expiring } from './expiries.ts'
import type { Ids } from './ids.ts'
import type { DomainLimits } from './limits.ts'
import type { NodeChange, StoredNodeHead, StoredView, ViewId } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import type { RvpNode } from './rvp-node.ts'
import type { StatusChange } from './status-bus.ts'

/** What was granted: goes into the answer of the PROPPATCH (RVP §5.5.1). */
export interface GrantedState {
  readonly state: PresenceState
  readonly leaseSeconds: number
  readonly viewId: ViewId
}

/** Whoever must hear of a change of a user's state: here, and elsewhere. */
export interface PresenceAudience {
  changed(change: StatusChange): void
}

/** Views, the state that follows from them, and their leases (RVP §5.5). */
export class Presence {
  readonly #nodes: Nodes
  readonly #audience: PresenceAudience
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #expiries: Expiries
  readonly #limits: DomainLimits
  readonly #events: DomainEvents

  constructor(given: {
    nodes: Nodes
    audience: PresenceAudience
    clock: Clock
    ids: Ids
    expiries: Expiries
    limits: DomainLimits
    events: DomainEvents
  }) {
    this.#nodes = given.nodes
    this.#audience = given.audience
    this.#clock = given.clock
    this.#ids = given.ids
    this.#expiries = given.expiries
    this.#limits = given.limits
    this.#events = given.events
  }

  /**
   * Sets the state of one view under a lease. The view is the one that the change names, else the device's, else a new one;
   * a named view that no longer exists counts as none (client-facts §5, 25). `together` is stored in the same write, or not at
   * all. Must run in the node's queue.
   */
  async set(
    node: RvpNode,
    change: StateReport,
    device: Device | undefined,
    together: readonly NodeChange[] = [],
  ): Promise<GrantedState> {
    const now = this.#clock.now()
    const known = this.#viewOf(node, change.viewId, device)
    const id = known?.id ?? this.#newViewId(node)
    if (change.state === 'offline') {
      await this.#remove(node, known, together)
      if (device) {
        device.view = undefined
        device.signedOff = true
      }
      return { state: 'offline', leaseSeconds: 0, viewId: id }
    }
    if (!known && node.views.size >= this.#limits.maxViewsPerUser)
      throw new ForbiddenError('too many views of one user')
    const leaseSeconds = Math.min(change.leaseSeconds ?? this.#limits.defaultViewSeconds, this.#limits.maxViewSeconds)
    const [login] = device?.subscriptions ?? []
    const view: StoredView = {
      id,
      state: change.state,
      // NOTE: whatever default was asked for, nobody stays online past the lease (design.md, promise 2).
      defaultState: 'offline',
      expiresAt: now + leaseSeconds * 1000,
      ...(login === undefined ? {} : { device: login }),
    }
    await this.#put(node, known, view, leaseSeconds, together)
    if (device) {
      // NOTE: a client that is back from another address brings its view along; its old device must not end it.
      for (const other of node.devices) if (other.view === id) other.view = undefined
      device.view = id
      device.hasSetStateSince = true
      device.signedOff = false
    }
    return { state: change.state, leaseSeconds, viewId: id }
  }

  /** Ends a view at once: its device signed off. */
  async end(node: RvpNode, id: ViewId): Promise<void> {
    await this.#remove(node, node.views.get(id), [])
  }

  /**
   * Lets a view run out `graceMs` from now if nobody renews it: its device seems dead. Watchers see nothing if the user comes
   * back in time.
   */
  async fade(node: RvpNode, id: ViewId, graceMs: number): Promise<void> {
    const view = node.views.get(id)
    const expiresAt = this.#clock.now() + graceMs
    if (!view || view.expiresAt <= expiresAt) return
    const faded = { ...view, expiresAt }
    // NOTE: in memory first, as when a lease runs out: a store that is away must keep nobody online.
    node.views.set(id, faded)
    this.#expiries.add(expiresAt, this.#expiring(node), id)
    await this.#nodes.commit(node, [{ kind: 'put-view', view: faded }])
  }

  /** Takes the views of a restored node under lease again; those that ran out meanwhile end now, and watchers hear of it. */
  resume(node: RvpNode): void {
    node.published = deriveState(node.views.values(), node.head.sharedState)
    for (const view of node.views.values()) this.#expiries.add(view.expiresAt, this.#expiring(node), view.id)
  }

  #viewOf(node: RvpNode, named: ViewId | undefined, device: Device | undefined): StoredView | undefined {
    const view = named === undefined ? undefined : node.views.get(named)
    return view ?? (device?.view === undefined ? undefined : node.views.get(device.view))
  }

  #newViewId(node: RvpNode): ViewId {
    let id = this.#ids.number()
    while (node.views.has(id)) id = this.#ids.number()
    return id
  }

  async #put(
    node: RvpNode,
    before: StoredView | undefined,
    view: StoredView,
    leaseSeconds: number,
    together: readonly NodeChange[],
  ): Promise<void> {
    const remainingMs = before ? before.expiresAt - this.#clock.now() : 0
    const sharedState = nextSharedState(node.head.sharedState, {
      before: before?.state,
      after: view.state,
      renewal: before?.state === view.state && remainingMs < leaseSeconds * 500,
      othersPresent: isPresent(node, view.id),
    })
    const views = [...others(node, view.id), view]
    await this.#apply(node, [...together, { kind: 'put-view', view }], views, sharedState)
    node.views.set(view.id, view)
    this.#expiries.add(view.expiresAt, this.#expiring(node), view.id)
    this.#publish(node)
  }

  async #remove(node: RvpNode, view: StoredView | undefined, together: readonly NodeChange[]): Promise<void> {
    if (!view) return await this.#nodes.commit(node, together)
    const sharedState = isPresent(node, view.id) ? node.head.sharedState : undefined
    const changes: NodeChange[] = [...together, { kind: 'remove-view', id: view.id }]
    await this.#apply(node, changes, others(node, view.id), sharedState)
    node.views.delete(view.id)
    this.#publish(node)
  }

  /** Stores a change of the views with what follows from it for the whole user, in one write. */
  async #apply(
    node: RvpNode,
    changes: readonly NodeChange[],
    views: readonly StoredView[],
    sharedState: PresenceState | undefined,
  ): Promise<void> {
    const head = this.#headAfter(node, views, sharedState)
    await this.#nodes.commit(node, [...changes, ...putHead(head)])
    if (head) node.head = head
  }

  /** The lease of a view ran out: in memory first, since its record says so itself if the store is away now. */
  async #runOut(node: RvpNode, view: StoredView): Promise<void> {
    const left = others(node, view.id)
    const head = this.#headAfter(node, left, isPresent(node, view.id) ? node.head.sharedState : undefined)
    node.views.delete(view.id)
    if (head) node.head = head
    this.#publish(node)
    await this.#nodes.commit(node, [{ kind: 'remove-view', id: view.id }, ...putHead(head)])
  }

  /** The node's head once its views are `views`; undefined when it stays as it is. */
  #headAfter(
    node: RvpNode,
    views: readonly StoredView[],
    sharedState: PresenceState | undefined,
  ): StoredNodeHead | undefined {
    const changesState = deriveState(views, sharedState) !== node.published
    if (!changesState && sharedState === node.head.sharedState) return undefined
    const { sharedState: _, ...rest } = node.head
    return {
      ...rest,
      ...(sharedState === undefined ? {} : { sharedState }),
      ...(changesState ? { changedAt: this.#clock.now() } : {}),
    }
  }

  #publish(node: RvpNode): void {
    const state = deriveState(node.views.values(), node.head.sharedState)
    if (state === node.published) return
    node.published = state
    node.sequence += 1
    this.#events.presenceChanged(node.url, state)
    this.#audience.changed({ node: node.url, epoch: this.#nodes.epoch, sequence: node.sequence, state })
  }

  readonly #expiringByNode = new WeakMap<RvpNode, Expiring>()

  #expiring(node: RvpNode): Expiring {
    const known = this.#expiringByNode.get(node)
    if (known) return known
    const expiring: Expiring = {
      expire: (id, now) => this.#expire(node, id, now),
      expiresAt: (id) => node.views.get(id)?.expiresAt,
    }
    this.#expiringByNode.set(node, expiring)
    return expiring
  }

  #expire(node: RvpNode, id: ViewId, now: number): void {
    if (!hasRunOut(node.views.get(id), now)) return
    const work = async (): Promise<void> => {
      const view = node.views.get(id)
      if (hasRunOut(view, now)) await this.#runOut(node, view)
    }
    node.queue
      .run(work)
      .catch((err: unknown) => this.#events.backgroundFailed('forget a view whose lease ran out', err))
  }
}

function putHead(head: StoredNodeHead | undefined): readonly NodeChange[] {
  return head ? [{ kind: 'put-head', head }] : []
}

function hasRunOut(view: StoredView | undefined, now: number): view is StoredView {
  return view !== undefined && view.expiresAt <= now
}

function isPresent(node: RvpNode, except: ViewId): boolean {
  return others(node, except).some((view) => view.state !== 'offline')
}

function others(node: RvpNode, except: ViewId): readonly StoredView[] {
  return [...node.views.values()].filter((view) => view.id !== except)
}

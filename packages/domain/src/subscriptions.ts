import {
  domainOf,
  ForbiddenError,
  type LogicalUrl,
  type NotificationType,
  PreconditionFailedError,
  TooManyRequestsError,
} from '@parley/protocol'
import { may } from './access.ts'
import type { Audience } from './audience.ts'
import type { Clock } from './clock.ts'
import { type Device, targetKey } from './device.ts'
import type { Devices } from './devices.ts'
import type { DomainEvents } from './events.ts'
import type { Expiries, Expiring } from './expiries.ts'
import type { Identity } from './identity.ts'
import type { Ids } from './ids.ts'
import type { Inbox, InboxFactory } from './inbox.ts'
import type { DomainLimits } from './limits.ts'
import type { DeliveryTarget, StoredSubscription, SubscriptionId } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import type { RvpNode } from './rvp-node.ts'

/** What a SUBSCRIBE asks for (RVP §5.1). */
export interface SubscriptionRequest {
  readonly type: NotificationType
  readonly subscriber: LogicalUrl
  /** Whether the server of another IM domain speaks for the subscriber. */
  readonly isForeign?: boolean
  readonly target: DeliveryTarget
  readonly href: string
  readonly subscriberHref: string
  readonly lifetimeSeconds: number
}

/** A direct call-back that is no user's device, shared by the subscriptions that name it. */
interface DirectInbox {
  readonly inbox: Inbox
  count: number
}

/** How soon a lease that ran out is ended again when the store was away. */
const retryMs = 30_000

/** Makes, renews, lists and ends subscriptions, and their leases (RVP §5.1 to §5.3). */
export class Subscriptions {
  readonly #nodes: Nodes
  readonly #devices: Devices
  readonly #audience: Audience
  readonly #inboxes: InboxFactory
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #expiries: Expiries
  readonly #limits: DomainLimits
  readonly #events: DomainEvents
  readonly #direct = new Map<string, DirectInbox>()
  readonly #expiringByNode = new WeakMap<RvpNode, Expiring>()
  /** Two subscriptions that are being stored must not get one id. */
  readonly #idsBeingStored = new Set<SubscriptionId>()

  constructor(given: {
    nodes: Nodes
    devices: Devices
    audience: Audience
    inboxes: InboxFactory
    clock: Clock
    ids: Ids
    expiries: Expiries
    limits: DomainLimits
    events: DomainEvents
  }) {
    this.#nodes = given.nodes
    this.#devices = given.devices
    this.#audience = given.audience
    this.#inboxes = given.inboxes
    this.#clock = given.clock
    this.#ids = given.ids
    this.#expiries = given.expiries
    this.#limits = given.limits
    this.#events = given.events
  }

  /** Stores a new subscription and starts it. Duplicates are kept apart by their id (RVP §5.1.5). */
  async create(node: RvpNode, request: SubscriptionRequest): Promise<StoredSubscription> {
    this.#admit(node, request)
    const seconds = Math.min(request.lifetimeSeconds, this.#limits.maxSubscriptionSeconds)
    const subscription: StoredSubscription = {
      id: this.#newId(node),
      type: request.type,
      subscriber: request.subscriber,
      target: request.target,
      href: request.href,
      subscriberHref: request.subscriberHref,
      expiresAt: this.#clock.now() + seconds * 1000,
    }
    this.#idsBeingStored.add(subscription.id)
    try {
      await this.#nodes.commit(node, [{ kind: 'put-subscription', subscription }])
    } finally {
      this.#idsBeingStored.delete(subscription.id)
    }
    node.subscriptions.set(subscription.id, subscription)
    const device = this.#start(node, subscription, { isNew: true })
    if (device) {
      this.#events.deviceSignedIn(node.url, node.devices.length)
      this.#devices
        .heal(node, device)
        .catch((err: unknown) => this.#events.backgroundFailed('replace devices that no longer answer', err))
    }
    return subscription
  }

  /** Prolongs a subscription of `caller`'s (RVP §5.1.2). Throws PreconditionFailedError when there is none of that id. */
  async renew(
    node: RvpNode,
    id: SubscriptionId,
    caller: Identity,
    lifetimeSeconds: number,
  ): Promise<StoredSubscription> {
    const known = node.subscriptions.get(id)
    if (!known || known.subscriber !== caller.principal) throw unknownSubscription()
    const seconds = Math.min(lifetimeSeconds, this.#limits.maxSubscriptionSeconds)
    const renewed = { ...known, expiresAt: this.#clock.now() + seconds * 1000 }
    await this.#nodes.commit(node, [{ kind: 'put-subscription', subscription: renewed }])
    const now = node.subscriptions.get(id)
    if (!now) throw unknownSubscription()
    const { subscriber, target } = now
    node.subscriptions.set(id, now === known ? renewed : { ...renewed, subscriber, target })
    this.#expiries.add(renewed.expiresAt, this.#expiring(node), id)
    return renewed
  }

  /** Ends a subscription: its subscriber's wish, or the node's owner's (RVP §5.2). Resolves with the device that signed off, if one did. */
  async end(node: RvpNode, id: SubscriptionId, caller: Identity): Promise<Device | undefined> {
    const known = node.subscriptions.get(id)
    if (!known) throw unknownSubscription()
    if (known.subscriber !== caller.principal && !may(node, caller, 'subscribe-others')) {
      throw new ForbiddenError('that subscription is somebody else’s')
    }
    return await this.#remove(node, known, 'signed-off')
  }

  /** Live subscriptions of one type, or of both (RVP §5.3). */
  list(node: RvpNode, type: NotificationType | undefined): readonly StoredSubscription[] {
    const now = this.#clock.now()
    return [...node.subscriptions.values()].filter(
      (one) => one.expiresAt > now && (type === undefined || one.type === type),
    )
  }

  /** Where notifications to the node go, besides its devices: subscriptions to a group or resource (RVP §5.1.3). */
  targetsOf(node: RvpNode): readonly StoredSubscription[] {
    return this.list(node, 'pragma/notify')
  }

  /** The inbox of a direct call-back of `subscription`. */
  directInbox({ target }: Pick<StoredSubscription, 'target'>): Inbox | undefined {
    return this.#direct.get(targetKey(target))?.inbox
  }

  /** Ends what `subscribers` have subscribed to on a node that is none of theirs: they may no longer use IM. */
  async endOf(node: RvpNode, subscribers: ReadonlySet<LogicalUrl>): Promise<void> {
    for (const one of [...node.subscriptions.values()]) {
      if (one.subscriber !== node.url && subscribers.has(one.subscriber)) await this.#remove(node, one, 'expired')
    }
  }

  /** Gives a node that is served another URL: `change` does so in memory, with its subscriptions. What they lead to goes on. */
  rename(node: RvpNode, change: () => void): void {
    const before = [...node.subscriptions.values()]
    this.#audience.end(node.url)
    change()
    this.resume(node)
    // NOTE: after they have been opened once more, or what waits in the inboxes of Call-Backs would be lost.
    for (const one of before) if (!isLogin(node, one)) this.#closeDirect(one)
  }

  /** Puts a subscription in the place of the one of its id, in memory: somebody whom it names has another URL. */
  replace(node: RvpNode, former: StoredSubscription, next: StoredSubscription): void {
    if (next.type === 'update/propchange') this.#audience.remove(node, former)
    node.subscriptions.set(next.id, next)
    if (next.type === 'update/propchange') this.#audience.add(node, next, this.directInbox(next), false)
  }

  /** Starts the subscriptions of a restored node again, with what is left of their leases. */
  resume(node: RvpNode): void {
    for (const subscription of node.subscriptions.values()) this.#start(node, subscription, { isNew: false })
  }

  /**
   * Stops what `resume` started, and keeps what is stored: the node moves to another home. Its devices go with their inboxes.
   * Resolves when nothing of it is on its way to other homes.
   */
  async suspend(node: RvpNode): Promise<void> {
    const forgotten = this.#audience.forget(node)
    for (const subscription of node.subscriptions.values()) {
      if (isLogin(node, subscription)) continue
      this.#closeDirect(subscription)
    }
    await forgotten
  }

  /** Takes no more messages for direct call-backs that are there (`Inbox.hold`). */
  hold(): void {
    for (const { inbox } of this.#direct.values()) inbox.hold()
  }

  /** Frees the inboxes of direct call-backs. */
  close(): void {
    for (const { inbox } of this.#direct.values()) inbox.close('moved')
    this.#direct.clear()
  }

  #admit(node: RvpNode, request: SubscriptionRequest): void {
    if (node.subscriptions.size >= this.#limits.maxSubscriptionsPerNode) {
      throw new TooManyRequestsError('the node has too many subscriptions', { headers: [['Retry-After', '60']] })
    }
    if (request.isForeign) this.#admitForeign(node, domainOf(request.subscriber))
    const own = request.subscriber === node.url
    if (!own && request.type === 'update/propchange') {
      if (this.#audience.watchedBy(request.subscriber) >= this.#limits.maxWatchesPerWatcher) {
        throw new TooManyRequestsError('too many nodes are watched', { headers: [['Retry-After', '60']] })
      }
    }
    let held = 0
    // NOTE: on a node with few subscribers counting is cheap; on a large one the bound of the node protects us.
    if (node.subscriptions.size > this.#limits.maxSubscriptionsPerSubscriber) {
      for (const one of node.subscriptions.values()) if (one.subscriber === request.subscriber) held += 1
    }
    if (held >= this.#limits.maxSubscriptionsPerSubscriber) {
      throw new TooManyRequestsError('too many subscriptions on this node', { headers: [['Retry-After', '60']] })
    }
  }

  /** NOTE: without a bound one other IM domain could take all the room that the node has, and its own user could not sign in. */
  #admitForeign({ subscriptions }: RvpNode, domain: string): void {
    const most = this.#limits.maxSubscriptionsPerForeignDomain
    if (subscriptions.size < most) return
    let held = 0
    for (const { subscriber } of subscriptions.values()) if (domainOf(subscriber) === domain) held += 1
    if (held < most) return
    throw new TooManyRequestsError('the IM domain has too many subscriptions on this node', {
      headers: [['Retry-After', '60']],
    })
  }

  #newId(node: RvpNode): SubscriptionId {
    let id = this.#ids.number()
    while (node.subscriptions.has(id) || this.#idsBeingStored.has(id)) id = this.#ids.number()
    return id
  }

  #start(node: RvpNode, subscription: StoredSubscription, { isNew }: { isNew: boolean }): Device | undefined {
    this.#expiries.add(subscription.expiresAt, this.#expiring(node), subscription.id)
    if (isLogin(node, subscription)) return this.#devices.add(node, subscription)
    if (subscription.target.kind === 'callback') this.#openDirect(subscription)
    if (subscription.type === 'update/propchange') {
      this.#audience.add(node, subscription, this.directInbox(subscription), isNew)
    }
    return undefined
  }

  #openDirect(subscription: StoredSubscription): void {
    if (subscription.target.kind !== 'callback') return
    const key = targetKey(subscription.target)
    const known = this.#direct.get(key)
    if (known) {
      known.count += 1
      return
    }
    const ignored = (): void => {}
    const inbox = this.#inboxes.callback(subscription.target, {
      reachable: ignored,
      unreachable: ignored,
      reset: ignored,
    })
    this.#direct.set(key, { inbox, count: 1 })
  }

  #closeDirect(subscription: StoredSubscription): void {
    const key = targetKey(subscription.target)
    const direct = this.#direct.get(key)
    if (!direct) return
    direct.count -= 1
    if (direct.count > 0) return
    this.#direct.delete(key)
    direct.inbox.close()
  }

  async #remove(
    node: RvpNode,
    subscription: StoredSubscription,
    why: 'signed-off' | 'expired',
  ): Promise<Device | undefined> {
    // NOTE: out of memory first, or a renewal could be stored behind the removal and come back after a restart.
    node.subscriptions.delete(subscription.id)
    try {
      await this.#nodes.commit(node, [{ kind: 'remove-subscription', id: subscription.id }])
    } catch (err) {
      if (node.place === 'gone') throw err
      node.subscriptions.set(subscription.id, subscription)
      const retryAt = Math.max(subscription.expiresAt, this.#clock.now() + retryMs)
      this.#expiries.add(retryAt, this.#expiring(node), subscription.id)
      throw err
    }
    if (isLogin(node, subscription)) {
      return this.#devices.release(node, subscription.id, why)
    }
    if (subscription.type === 'update/propchange') this.#audience.remove(node, subscription)
    this.#closeDirect(subscription)
    return undefined
  }

  #expiring(node: RvpNode): Expiring {
    const known = this.#expiringByNode.get(node)
    if (known) return known
    const expiring: Expiring = {
      expiresAt: (id) => node.subscriptions.get(id)?.expiresAt,
      expire: (id, now) => {
        const subscription = node.subscriptions.get(id)
        if (!subscription || subscription.expiresAt > now) return
        this.#remove(node, subscription, 'expired').catch((err: unknown) => {
          this.#events.backgroundFailed('end a subscription whose lease ran out', err)
        })
      },
    }
    this.#expiringByNode.set(node, expiring)
    return expiring
  }
}

function unknownSubscription(): PreconditionFailedError {
  return new PreconditionFailedError('no such subscription')
}

/** Whether it leads to a device of the node's user. */
function isLogin(node: RvpNode, { type }: StoredSubscription): boolean {
  return type === 'pragma/notify' && node.kind === 'user'
}

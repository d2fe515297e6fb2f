import type { AckType, LogicalUrl } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { HomePeers, MemberInbox } from './home-peers.ts'
import type { Identity } from './identity.ts'
import type { Delivery, DeliveryOutcome, Inbox } from './inbox.ts'

/** Bounds of what waits for one node that lives elsewhere. */
export interface PeerInboxLimits {
  readonly waiting: number
  /** Characters of all bodies that wait. */
  readonly waitingLength: number
  /** Within which `deliver` settles. */
  readonly deliverMs: number
}

const defaultLimits: PeerInboxLimits = { waiting: 256, waitingLength: 2_000_000, deliverMs: 15_000 }

interface Pending {
  readonly from: PeerInbox
  delivery: Delivery
  /** Characters of the body, asked for once: some bodies are written when they are asked for. */
  length: number
  readonly settle: ((outcome: DeliveryOutcome) => void)[]
}

/** When a state is sent again that did not get there. */
const firstPauseMs = 2_000
const longestPauseMs = 60_000

/**
 * Inboxes of nodes that live in another home or another IM domain: what is handed over goes there as a NOTIFY (RVP §5.6),
 * and the other side decides with its own access list who hears it. One NOTIFY at a time for each node, in order.
 */
export class PeerInboxes {
  readonly #peers: Pick<HomePeers, 'notify'>
  readonly #clock: Clock
  readonly #limits: PeerInboxLimits
  readonly #queues = new Map<LogicalUrl, PeerQueue>()
  #isHeld = false

  constructor(given: { peers: Pick<HomePeers, 'notify'>; clock: Clock; limits?: PeerInboxLimits }) {
    this.#peers = given.peers
    this.#clock = given.clock
    this.#limits = given.limits ?? defaultLimits
  }

  /** The inbox of `node` for what `sender` says, perhaps to a group of which it is a member. Costs nothing until something is handed over. */
  to(node: LogicalUrl, sender: Identity, ack: AckType, member?: MemberInbox): PeerInbox {
    return new PeerInbox({
      node,
      sender,
      ack,
      member,
      queueOf: () => this.#queueOf(node),
      clock: this.#clock,
      limits: this.#limits,
      areAllHeld: () => this.#isHeld,
    })
  }

  /** Takes no more messages (`Inbox.hold`). */
  hold(): void {
    this.#isHeld = true
    for (const queue of [...this.#queues.values()]) queue.dropWaiting(isMessage, 'held')
  }

  /** Drops what waits. */
  close(): void {
    for (const queue of this.#queues.values()) queue.drop(() => true, 'moved')
    this.#queues.clear()
  }

  #queueOf(node: LogicalUrl): PeerQueue {
    const known = this.#queues.get(node)
    if (known) return known
    const queue = new PeerQueue(this.#peers, this.#clock, this.#limits, () => {
      if (this.#queues.get(node) === queue) this.#queues.delete(node)
    })
    this.#queues.set(node, queue)
    return queue
  }
}

/** A node elsewhere as one sender reaches it. */
export class PeerInbox implements Inbox {
  readonly node: LogicalUrl
  readonly sender: Identity
  readonly ack: AckType
  readonly member: MemberInbox | undefined
  readonly #queueOf: () => PeerQueue
  readonly #clock: Clock
  readonly #limits: PeerInboxLimits
  readonly #areAllHeld: () => boolean
  #isHeld = false
  #closed: 'closed' | 'moved' | undefined

  constructor(given: {
    node: LogicalUrl
    sender: Identity
    ack: AckType
    member: MemberInbox | undefined
    queueOf: () => PeerQueue
    clock: Clock
    limits: PeerInboxLimits
    areAllHeld: () => boolean
  }) {
    this.#areAllHeld = given.areAllHeld
    this.node = given.node
    this.sender = given.sender
    this.ack = given.ack
    this.member = given.member
    this.#queueOf = given.queueOf
    this.#clock = given.clock
    this.#limits = given.limits
  }

  post(delivery: Delivery): void {
    if (!this.#closed) this.#queueOf().add({ from: this, delivery, length: delivery.body.length, settle: [] })
  }

  deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    if (this.#closed) return Promise.resolve(this.#closed)
    if (delivery.supersedes === undefined && (this.#isHeld || this.#areAllHeld())) return Promise.resolve('held')
    return new Promise((resolve) => {
      const queue = this.#queueOf()
      const settle = (outcome: DeliveryOutcome): void => {
        cancel()
        resolve(outcome)
      }
      const cancel = this.#clock.after(this.#limits.deliverMs, () => {
        queue.giveUp(settle)
        resolve('timed-out')
      })
      if (!queue.add({ from: this, delivery, length: delivery.body.length, settle: [settle] })) settle('overflow')
    })
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  hold(): void {
    this.#isHeld = true
    this.#queueOf().dropWaiting((pending) => pending.from === this && isMessage(pending), 'held')
  }

  close(why?: 'moved'): void {
    if (this.#closed) return
    this.#closed = why ?? 'closed'
    this.#queueOf().drop((pending) => pending.from === this, this.#closed)
  }
}

/**
 * What waits for one node. A state that did not get there is owed: it is sent again, at growing intervals, until it arrives or
 * a newer one takes its place, since what its watcher sees would be wrong for long (promise 2).
 */
class PeerQueue {
  readonly #peers: Pick<HomePeers, 'notify'>
  readonly #clock: Clock
  readonly #limits: PeerInboxLimits
  readonly #whenEmpty: () => void
  #waiting: Pending[] = []
  #inFlight: Pending | undefined
  #owed: Pending[] = []
  #pauseMs = 0
  #cancelRetry: (() => void) | undefined

  constructor(peers: Pick<HomePeers, 'notify'>, clock: Clock, limits: PeerInboxLimits, whenEmpty: () => void) {
    this.#peers = peers
    this.#clock = clock
    this.#limits = limits
    this.#whenEmpty = whenEmpty
  }

  /** Takes a notification in, unless too much waits; a newer one of a key takes the place of the older. */
  add(pending: Pending): boolean {
    this.#owed = this.#owed.filter((owed) => !isNewerOf(pending, owed))
    const older = this.#waiting.find((waiting) => isNewerOf(pending, waiting))
    if (older) {
      older.delivery = pending.delivery
      older.length = pending.length
      older.settle.push(...pending.settle)
      return true
    }
    const all = [...this.#waiting, ...this.#owed]
    const length = all.reduce((sum, waiting) => sum + waiting.length, pending.length)
    if (all.length >= this.#limits.waiting || length > this.#limits.waitingLength) return false
    this.#waiting.push(pending)
    this.#next()
    return true
  }

  /** Somebody waits no longer: what waits for nobody else is not sent any more. */
  giveUp(settle: (outcome: DeliveryOutcome) => void): void {
    this.#waiting = this.#waiting.filter(({ settle: all }) => !(all.length === 1 && all[0] === settle))
  }

  drop(isDropped: (pending: Pending) => boolean, outcome: 'closed' | 'moved'): void {
    if (this.#inFlight && isDropped(this.#inFlight)) settle(this.#inFlight, outcome)
    this.dropWaiting(isDropped, outcome)
  }

  /** Drops nothing that is on its way. */
  dropWaiting(isDropped: (pending: Pending) => boolean, outcome: 'closed' | 'moved' | 'held'): void {
    const dropped = this.#waiting.filter(isDropped)
    this.#waiting = this.#waiting.filter((pending) => !isDropped(pending))
    this.#owed = this.#owed.filter((pending) => !isDropped(pending))
    if (this.#owed.length === 0) this.#stopRetry()
    for (const pending of dropped) settle(pending, outcome)
    if (!this.#inFlight) this.#next()
  }

  #next(): void {
    if (this.#inFlight) return
    const pending = this.#waiting.shift()
    if (!pending) {
      if (this.#owed.length === 0) this.#whenEmpty()
      return
    }
    this.#inFlight = pending
    const { from, delivery } = pending
    const done = (outcome: DeliveryOutcome): void => {
      this.#inFlight = undefined
      for (const one of pending.settle) one(outcome)
      if (outcome === 'delivered') this.#retryOwed()
      else if (isLasting(pending, outcome)) this.#owe(pending)
      this.#next()
    }
    const { node, sender, ack, member } = from
    const { hops, body } = delivery
    this.#peers
      .notify({ node, sender, ack, hops, body, ...(member && { member }) })
      .then(done, () => done('unreachable'))
  }

  #owe(pending: Pending): void {
    if (pending.from.isClosed || this.#waiting.some((waiting) => isNewerOf(waiting, pending))) return
    this.#owed.push({ ...pending, settle: [] })
    if (this.#cancelRetry) return
    this.#pauseMs = Math.min(Math.max(firstPauseMs, 2 * this.#pauseMs), longestPauseMs)
    this.#cancelRetry = this.#clock.after(this.#pauseMs, () => {
      this.#sendOwed()
      this.#next()
    })
  }

  /** The node's server is there again. */
  #retryOwed(): void {
    this.#pauseMs = 0
    this.#sendOwed()
  }

  #sendOwed(): void {
    this.#stopRetry()
    this.#waiting.unshift(...this.#owed)
    this.#owed = []
  }

  #stopRetry(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }
}

/** Tells all who wait, once. */
function settle(pending: Pending, outcome: DeliveryOutcome): void {
  for (const one of pending.settle.splice(0)) one(outcome)
}

/** Whether its sender waits, and nothing newer can replace it. */
function isMessage({ delivery, settle }: Pending): boolean {
  return settle.length > 0 && delivery.supersedes === undefined
}

/** Whether `newer` makes `older` worthless. */
function isNewerOf(newer: Pending, older: Pending): boolean {
  const key = newer.delivery.supersedes
  const isSameSender = newer.from.sender.principal === older.from.sender.principal
  return key !== undefined && key === older.delivery.supersedes && isSameSender
}

/** Whether something that nobody waits for goes on being worth sending: the node's server was away. */
function isLasting({ delivery }: Pending, outcome: DeliveryOutcome): boolean {
  return delivery.supersedes !== undefined && (outcome === 'unreachable' || outcome === 'timed-out')
}

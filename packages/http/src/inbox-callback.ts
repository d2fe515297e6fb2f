import type { Delivery, DeliveryOutcome, InboxEvents, ProbingInbox } from '@parley/domain'
import { type CallbackAnswer, CallbackConnection } from './callback-connection.ts'
import type { CallbackNetwork } from './callback-network.ts'
import { probeCallback } from './callback-probe.ts'
import { type CallbackTarget, callbackRequest, callbackRequestHead } from './callback-request.ts'
import { PendingNotify } from './notify-pending.ts'
import { NotifyQueue } from './notify-queue.ts'

/** Whether an inbox may send at this moment; asked right before each NOTIFY. */
export type MayDeliver = () => boolean

/**
 * Delivers to a device that listens at its Call-Back (RVP §5.1.4): one NOTIFY at a time over one connection at a time, in
 * the order of the calls (client-facts §5, 27 and 28). While it may not deliver, what it was given waits, and runs out as ever.
 */
export class CallbackInbox implements ProbingInbox {
  readonly #network: CallbackNetwork
  readonly #target: CallbackTarget
  readonly #events: InboxEvents
  readonly #mayDeliver: MayDeliver | undefined
  readonly #requestHead: string
  readonly #queue: NotifyQueue
  #connection: CallbackConnection | undefined
  #current: PendingNotify | undefined
  #cancelSlot: (() => void) | undefined
  #probe: Promise<boolean> | undefined
  #cancelProbe: (() => void) | undefined
  #hasLosses = false
  #isHeld = false
  #closed: 'closed' | 'moved' | undefined

  /** Throws BadRequestError for a target that no request can be made for. Without `mayDeliver` it always may. */
  constructor(network: CallbackNetwork, target: CallbackTarget, events: InboxEvents, mayDeliver?: MayDeliver) {
    this.#network = network
    this.#target = target
    this.#events = events
    this.#mayDeliver = mayDeliver
    this.#requestHead = callbackRequestHead(target)
    this.#queue = new NotifyQueue(network.limits.waiting, network.limits.waitingLength)
  }

  post(delivery: Delivery): void {
    this.#accept(new PendingNotify(delivery, this.#expire))
  }

  deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    return new Promise((resolve) => this.#accept(new PendingNotify(delivery, this.#expire, resolve)))
  }

  probe(): Promise<boolean> {
    this.#probe ??= this.#startProbe()
    return this.#probe
  }

  hold(): void {
    this.#isHeld = true
    for (const notify of this.#queue.takeMessages()) this.#settle(notify, 'held')
  }

  close(why?: 'moved'): void {
    this.#closed ??= why ?? 'closed'
    this.#cancelSlot?.()
    this.#cancelProbe?.()
    this.#network.resets.remove(this.#reset)
    this.#network.withheld.remove(this.#pump)
    for (const notify of this.#queue.takeAll()) this.#settle(notify, this.#closed)
    const current = this.#current
    // NOTE: the device may have taken it already, and its answer is all that its sender can be told (promise 3).
    const lingers = why === 'moved' && current?.isAwaited === true
    if (!lingers) this.#current = undefined
    if (current && !lingers) this.#settle(current, why ?? 'closed')
    if (!lingers) this.#connection?.destroy()
  }

  #accept(notify: PendingNotify): void {
    if (this.#closed) {
      notify.settle(this.#closed)
      return
    }
    if (this.#isHeld && notify.isMessage) {
      notify.settle('held')
      return
    }
    if (this.#connection?.isIdle && this.#queue.size === 0 && this.#isAllowed()) {
      if (notify.isAwaited) this.#network.deliveries.add(notify)
      this.#send(this.#connection, notify)
      return
    }
    const queued = this.#queue.add(notify)
    if (queued === notify) this.#network.deliveries.add(notify)
    else if (!queued) this.#lose(notify, 'overflow')
    this.#pump()
  }

  #isAllowed(): boolean {
    return this.#mayDeliver === undefined || this.#mayDeliver()
  }

  readonly #pump = (): void => {
    if (this.#closed || this.#queue.size === 0) return
    if (this.#connection && !this.#connection.isIdle) return
    if (!this.#isAllowed()) this.#askAgain()
    else if (!this.#connection) this.#connect()
    else {
      const notify = this.#queue.take()
      if (notify) this.#send(this.#connection, notify)
    }
  }

  #askAgain(): void {
    const { withheld } = this.#network
    if (!withheld.has(this.#pump)) withheld.add(this.#pump)
  }

  #connect(): void {
    if (this.#cancelSlot) return
    let isGranted = false
    const cancel = this.#network.slots.acquire(() => {
      isGranted = true
      this.#cancelSlot = undefined
      // NOTE: it may have waited for the slot for long.
      if (!this.#isAllowed()) {
        this.#askAgain()
        return false
      }
      const notify = this.#queue.take()
      if (!notify) return false
      this.#connection = new CallbackConnection(this.#network, this.#connectionUser())
      this.#current = notify
      this.#connection.open(this.#target, callbackRequest(this.#requestHead, notify.hops, notify.body))
      return true
    })
    if (!isGranted) this.#cancelSlot = cancel
  }

  #connectionUser() {
    return {
      mayDeliver: () => !this.#closed && this.#isAllowed(),
      answered: (answer: CallbackAnswer) => this.#answered(answer),
      idle: () => (this.#closed ? this.#connection?.destroy() : this.#pump()),
      closed: () => {
        this.#connection = undefined
        this.#pump()
      },
    }
  }

  #send(connection: CallbackConnection, notify: PendingNotify): void {
    this.#current = notify
    connection.send(callbackRequest(this.#requestHead, notify.hops, notify.body))
  }

  #answered(answer: CallbackAnswer): void {
    const notify = this.#current
    this.#current = undefined
    if (!notify) return
    if (typeof answer === 'number') {
      const outcome = outcomeOf(answer)
      this.#settle(notify, outcome)
      if (outcome === 'delivered' && !this.#closed) this.#reached()
      return
    }
    if (this.#closed) {
      this.#settle(notify, this.#closed)
      return
    }
    switch (answer) {
      case 'stale':
        // NOTE: the client may have read it before it went, so an IM, which must not arrive twice, is not sent again.
        if (notify.supersedes !== undefined && !notify.retried) {
          notify.retried = true
          this.#queue.putBack(notify)
          if (!this.#network.deliveries.has(notify)) this.#network.deliveries.add(notify)
        } else {
          this.#lose(notify, 'unreachable')
          void this.probe()
        }
        break
      case 'malformed':
        this.#lose(notify, 'refused')
        this.#events.unreachable('refused')
        break
      case 'lost':
        this.#lose(notify, 'unreachable')
        this.#events.unreachable('silent')
        break
      case 'timed-out':
        this.#loseAll(notify, 'timed-out')
        this.#events.unreachable('silent')
        break
      case 'unconnected':
      case 'refused':
        this.#loseAll(notify, 'unreachable')
        this.#events.unreachable(answer === 'refused' ? 'refused' : 'silent')
        break
      case 'local':
        this.#loseAll(notify, 'unreachable')
        break
      case 'withheld':
        if (this.#isHeld && notify.isMessage) this.#settle(notify, 'held')
        // Its time may have run out while it was on its way.
        else if (this.#network.deliveries.has(notify)) this.#queue.putBack(notify)
        else this.#lose(notify, 'timed-out')
        break
    }
  }

  readonly #expire = (notify: PendingNotify): void => {
    // What is in flight goes on: its connection has its own limit, and the answer tells whether the device is alive.
    if (notify === this.#current) notify.settle('timed-out')
    else if (this.#queue.remove(notify)) this.#lose(notify, 'timed-out')
  }

  #reached(): void {
    if (this.#hasLosses) {
      this.#hasLosses = false
      if (!this.#network.resets.has(this.#reset)) this.#network.resets.add(this.#reset)
    }
    this.#events.reachable()
  }

  readonly #reset = (): void => this.#events.reset()

  #settle(notify: PendingNotify, outcome: DeliveryOutcome): void {
    this.#network.deliveries.remove(notify)
    notify.settle(outcome)
  }

  #lose(notify: PendingNotify, outcome: DeliveryOutcome): void {
    if (notify.supersedes !== undefined) this.#hasLosses = true
    this.#settle(notify, outcome)
  }

  /** Nobody is there: what waits would only wait for the same. */
  #loseAll(notify: PendingNotify, outcome: DeliveryOutcome): void {
    this.#lose(notify, outcome)
    for (const waiting of this.#queue.takeAll()) this.#lose(waiting, 'unreachable')
  }

  async #startProbe(): Promise<boolean> {
    try {
      await this.#probeSlot()
      if (this.#closed) {
        this.#network.slots.release()
        return false
      }
      const { result, cancel } = probeCallback(this.#network, this.#target)
      this.#cancelProbe = cancel
      const found = await result
      if (this.#closed) return false
      if (found === 'open') this.#reached()
      else if (found !== 'local') this.#events.unreachable(found === 'refused' ? 'refused' : 'silent')
      return found === 'open'
    } finally {
      this.#probe = undefined
      this.#cancelProbe = undefined
    }
  }

  #probeSlot(): Promise<void> {
    return new Promise((resolve) => {
      this.#network.slots.acquire(() => {
        resolve()
        return true
      })
    })
  }
}

function outcomeOf(status: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return 'delivered'
  // RVP §8: an inbox answers 500 to a message of a conversation that its user has left.
  return status === 500 ? 'left' : 'refused'
}

import type { Delivery, DeliveryOutcome } from '@parley/domain'

type Settle = (outcome: DeliveryOutcome) => void

/** A delivery on its way to one device. Becomes the newer one when it is superseded while it waits. */
export class PendingNotify {
  delivery: Delivery
  /** Position in a stream; 0 as long as it was not sent. */
  sequence = 0
  /** Whether it was sent once already, over a connection that turned out to be gone. */
  retried = false
  /** Gives up on this delivery; set by the inbox that has it. */
  readonly expire: (notify: PendingNotify) => void
  #settle: Settle | undefined

  constructor(delivery: Delivery, expire: (notify: PendingNotify) => void, settle?: Settle) {
    this.delivery = delivery
    this.expire = expire
    this.#settle = settle
  }

  get body(): string {
    return this.delivery.body
  }

  /** The body as a JSON string. */
  get json(): string {
    return this.delivery.json ?? JSON.stringify(this.delivery.body)
  }

  get hops(): number {
    return this.delivery.hops
  }

  get supersedes(): string | undefined {
    return this.delivery.supersedes
  }

  /** Whether a sender still waits for the outcome. */
  get isAwaited(): boolean {
    return this.#settle !== undefined
  }

  /** Whether it is for its sender to know of, and nothing newer can replace it. */
  get isMessage(): boolean {
    return this.isAwaited && this.supersedes === undefined
  }

  /** Tells those who wait; only the first outcome counts. */
  settle(outcome: DeliveryOutcome): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(outcome)
  }

  /** Takes over what `newer` has to say, and those who wait for it: both now have one fate. */
  becomeNewer(newer: PendingNotify): void {
    this.delivery = newer.delivery
    const older = this.#settle
    const added = newer.#settle
    newer.#settle = undefined
    if (older && added) {
      this.#settle = (outcome) => {
        older(outcome)
        added(outcome)
      }
    } else this.#settle = older ?? added
  }
}

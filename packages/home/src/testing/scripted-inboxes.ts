import type { Delivery, DeliveryOutcome, InboxEvents, InboxFactory, ProbingInbox } from '@parley/domain'

/** An inbox that keeps what it gets. */
export class ScriptedInbox implements ProbingInbox {
  readonly events: InboxEvents
  readonly bodies: string[] = []
  state: 'open' | 'ended' | 'moved' = 'open'

  readonly #heard: (body: string) => void
  #isHeld = false

  constructor(events: InboxEvents, heard: (body: string) => void) {
    this.events = events
    this.#heard = heard
  }

  post({ body }: Delivery): void {
    if (this.state !== 'open') return
    this.bodies.push(body)
    this.#heard(body)
  }

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    if (this.state !== 'open') return 'closed'
    if (this.#isHeld) return 'held'
    this.post(delivery)
    return 'delivered'
  }

  async probe(): Promise<boolean> {
    return true
  }

  hold(): void {
    this.#isHeld = true
  }

  close(why?: 'moved'): void {
    if (this.state === 'open') this.state = why ?? 'ended'
  }
}

/** Makes scripted inboxes, and knows the newest of each target: `address:port`, or a stream's token. */
export class ScriptedInboxes implements InboxFactory {
  readonly #made: { target: string; inbox: ScriptedInbox }[] = []
  readonly #heard: (target: string, body: string) => void

  /** Tells `heard` of all that any of them gets. */
  constructor(heard: (target: string, body: string) => void = () => {}) {
    this.#heard = heard
  }

  callback({ address, port }: { address: string; port: number }, events: InboxEvents): ScriptedInbox {
    return this.#make(`${address}:${port}`, events)
  }

  stream(token: string, events: InboxEvents): ScriptedInbox {
    return this.#make(token, events)
  }

  at(target: string): ScriptedInbox | undefined {
    return this.#made.findLast((one) => one.target === target)?.inbox
  }

  /** Targets of the inboxes that are open. */
  get open(): readonly string[] {
    return this.#made.flatMap(({ target, inbox }) => (inbox.state === 'open' ? [target] : []))
  }

  /** All that a target's inboxes have got. */
  heard(target: string): readonly string[] {
    return this.#made.flatMap((one) => (one.target === target ? one.inbox.bodies : []))
  }

  #make(target: string, events: InboxEvents): ScriptedInbox {
    const inbox = new ScriptedInbox(events, (body) => this.#heard(target, body))
    this.#made.push({ target, inbox })
    return inbox
  }
}

import type { Delivery, DeliveryOutcome, InboxEvents, InboxFactory, ProbingInbox } from '../inbox.ts'

/** An inbox that keeps what it gets and answers as a test says. */
export class ScriptedInbox implements ProbingInbox {
  readonly events: InboxEvents
  readonly deliveries: Delivery[] = []
  outcome: DeliveryOutcome = 'delivered'
  isReachable = true
  probes = 0
  isClosed = false
  /** Whether it was closed without a word to its device. */
  hasMoved = false

  constructor(events: InboxEvents) {
    this.events = events
  }

  get bodies(): readonly string[] {
    return this.deliveries.map(({ body }) => body)
  }

  post(delivery: Delivery): void {
    if (!this.isClosed) this.deliveries.push(delivery)
  }

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    if (this.isClosed) return this.hasMoved ? 'moved' : 'closed'
    this.deliveries.push(delivery)
    return this.outcome
  }

  async probe(): Promise<boolean> {
    this.probes += 1
    return this.isReachable
  }

  hold(): void {
    this.outcome = 'held'
  }

  close(why?: 'moved'): void {
    this.isClosed = true
    this.hasMoved = why === 'moved'
  }
}

/** Makes scripted inboxes, and remembers the newest of each target: `address:port` or a stream's token. */
export class ScriptedInboxes implements InboxFactory {
  readonly #made = new Map<string, ScriptedInbox[]>()

  callback({ address, port }: { address: string; port: number }, events: InboxEvents): ScriptedInbox {
    return this.#make(`${address}:${port}`, events)
  }

  stream(token: string, events: InboxEvents): ScriptedInbox {
    return this.#make(token, events)
  }

  /** Throws when none was made. */
  at(target: string): ScriptedInbox {
    const inbox = this.#made.get(target)?.at(-1)
    if (!inbox) throw new Error(`no inbox at ${target}`)
    return inbox
  }

  /** What came to a target, in the inboxes of all processes that served it one after the other. */
  bodiesAt(target: string): readonly string[] {
    return (this.#made.get(target) ?? []).flatMap(({ bodies }) => bodies)
  }

  #make(target: string, events: InboxEvents): ScriptedInbox {
    const inbox = new ScriptedInbox(events)
    this.#made.set(target, [...(this.#made.get(target) ?? []), inbox])
    return inbox
  }
}

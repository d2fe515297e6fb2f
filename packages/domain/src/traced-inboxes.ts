import type { Delivery, DeliveryOutcome, Inbox, InboxFactory, ProbingInbox } from './inbox.ts'
import type { Span, Tracer } from './tracer.ts'

/** Deliveries of one piece of work that have a span of their own; those after them are counted only. */
const maxSpans = 16

/**
 * Inboxes each of whose deliveries is a span of the work that it is for: of a change with a thousand watchers the first ones are,
 * and the span above them says how many there were. Nothing of it goes to devices.
 */
export function tracedInboxes(inboxes: InboxFactory, tracer: Tracer): InboxFactory {
  const deliveries = new Deliveries(tracer)
  return {
    callback: (target, events) => new TracedProbingInbox(inboxes.callback(target, events), 'callback', deliveries),
    stream: (token, events) => new TracedInbox(inboxes.stream(token, events), 'stream', deliveries),
  }
}

class Deliveries {
  readonly #tracer: Tracer
  readonly #counts = new WeakMap<Span, number>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  start(inbox: string, isAwaited: boolean): Span | undefined {
    const work = this.#tracer.current()
    if (!work) return undefined
    const count = (this.#counts.get(work) ?? 0) + 1
    this.#counts.set(work, count)
    work.set({ 'parley.deliveries': count })
    if (count > maxSpans) return undefined
    const kind = isAwaited ? 'client' : 'producer'
    return this.#tracer.startChild(isAwaited ? 'deliver' : 'post', { kind, attributes: { 'parley.inbox': inbox } })
  }
}

class TracedInbox<Kind extends Inbox> implements Inbox {
  protected readonly inbox: Kind
  readonly #name: string
  readonly #deliveries: Deliveries

  constructor(inbox: Kind, name: string, deliveries: Deliveries) {
    this.inbox = inbox
    this.#name = name
    this.#deliveries = deliveries
  }

  /** Its span ends when the delivery is handed over: nobody is told what becomes of it. */
  post(delivery: Delivery): void {
    const span = this.#deliveries.start(this.#name, false)
    this.inbox.post(delivery)
    span?.end()
  }

  deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    const span = this.#deliveries.start(this.#name, true)
    const delivering = this.inbox.deliver(delivery)
    return span ? outcomeOf(delivering, span) : delivering
  }

  hold(): void {
    this.inbox.hold()
  }

  close(why?: 'moved'): void {
    this.inbox.close(why)
  }
}

class TracedProbingInbox extends TracedInbox<ProbingInbox> implements ProbingInbox {
  probe(): Promise<boolean> {
    return this.inbox.probe()
  }
}

async function outcomeOf(delivering: Promise<DeliveryOutcome>, span: Span): Promise<DeliveryOutcome> {
  const outcome = await delivering
  span.set({ 'parley.outcome': outcome })
  if (outcome === 'delivered' || outcome === 'nobody') span.end()
  else span.fail(outcome)
  return outcome
}

import type { RvpRequests } from '@parley/client'
import type { LogicalUrl, NotificationType, SubscriptionListing } from '@parley/protocol'
import { Fact } from './fact.ts'

/** Lifetimes so far apart that what is left of one tells which it was, however long the test takes; in seconds. */
export const lifetimes: readonly number[] = [4_000, 6_000, 8_000, 10_000, 12_000, 14_000]
const toleranceSeconds = 1_000
const gone = 0

interface KnownSubscription {
  readonly id: number
  readonly subscriber: LogicalUrl
  /** The lifetime that was asked for last, 0 when it has ended. */
  readonly lifetime: Fact<number>
}

interface PendingCreation {
  readonly subscriber: LogicalUrl
  readonly lifetimeSeconds: number
}

/** The subscriptions of one type on one node, as its subscribers know them. */
export class KnownSubscriptions {
  readonly #node: LogicalUrl
  readonly #type: NotificationType
  readonly #known = new Map<number, KnownSubscription>()
  /** Creations that nobody has heard the end of. */
  readonly #pending = new Set<PendingCreation>()

  constructor(node: LogicalUrl, type: NotificationType) {
    this.#node = node
    this.#type = type
  }

  /** Ids of the subscriptions of one subscriber. */
  idsOf(subscriber: LogicalUrl): number[] {
    return [...this.#known.values()].filter((one) => one.subscriber === subscriber).map(({ id }) => id)
  }

  async create(requests: RvpRequests, lifetimeSeconds: number, callBack: string): Promise<void> {
    const creation = this.expect(requests.self, lifetimeSeconds)
    const { id } = await requests.subscribe(this.#node, this.#type, lifetimeSeconds, [['Call-Back', callBack]])
    this.#pending.delete(creation)
    this.#add(Number(id), creation)
  }

  /** A subscription that somebody else makes: it may be there from now on. */
  expect(subscriber: LogicalUrl, lifetimeSeconds: number): PendingCreation {
    const creation = { subscriber, lifetimeSeconds }
    this.#pending.add(creation)
    return creation
  }

  async renew(requests: RvpRequests, id: number, lifetimeSeconds: number): Promise<void> {
    await this.#known.get(id)?.lifetime.write(lifetimeSeconds, async () => {
      await requests.renew(this.#node, `${id}`, lifetimeSeconds)
    })
  }

  async end(requests: RvpRequests, id: number): Promise<void> {
    await this.#known.get(id)?.lifetime.write(gone, () => requests.unsubscribe(this.#node, `${id}`))
    this.#known.delete(id)
  }

  /** Compares with what SUBSCRIPTIONS lists. Throws when one is lost, is undead, or comes from nowhere. */
  observe(listed: readonly SubscriptionListing[]): void {
    const left = new Map(listed.map((one) => [one.id, one]))
    for (const { id, lifetime } of this.#known.values()) {
      const found = left.get(id)
      left.delete(id)
      lifetime.observe(found === undefined ? gone : lifetimeOf(found.secondsLeft))
      if (found === undefined) this.#known.delete(id)
    }
    for (const { id, href, secondsLeft } of left.values()) this.#adopt(id, href, lifetimeOf(secondsLeft))
    this.#pending.clear()
  }

  #adopt(id: number, href: string, lifetimeSeconds: number): void {
    const creation = [...this.#pending].find(
      (one) => one.subscriber === href && one.lifetimeSeconds === lifetimeSeconds,
    )
    if (!creation) throw new Error(`nobody made ${this.#type} ${id} of ${href} on ${this.#node}, or it was ended`)
    this.#pending.delete(creation)
    this.#add(id, creation)
  }

  #add(id: number, { subscriber, lifetimeSeconds }: PendingCreation): void {
    const lifetime = new Fact(`lifetime of ${this.#type} ${id} of ${subscriber} on ${this.#node}`, lifetimeSeconds)
    this.#known.set(id, { id, subscriber, lifetime })
  }
}

/** The lifetime that `secondsLeft` are left of. */
function lifetimeOf(secondsLeft: number): number {
  const lifetime = lifetimes.find((one) => secondsLeft <= one && secondsLeft > one - toleranceSeconds)
  if (lifetime === undefined) throw new Error(`${secondsLeft} s are left of no lifetime that anybody asked for`)
  return lifetime
}

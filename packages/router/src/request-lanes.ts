import type { HomeLease } from '@parley/domain'
import type { RvpRequest } from '@parley/http'

/** A request's place in its lane, which it leaves once it is answered. */
export interface LanePlace extends Disposable {
  /** Resolves when all before it have left; absent when there are none. */
  readonly before: Promise<void> | undefined
  /** It was sent, and has to wait after all. */
  wait(): void
}

interface Lane {
  /** Resolves when everybody in the lane has left it. */
  tail: Promise<void>
  waiting: number
  /** The leases of those that were sent and are not answered. */
  readonly sent: Set<{ readonly lease: HomeLease }>
}

/**
 * The order of requests, in lanes: one for the messages of each sender to each recipient, and one for whatever else each
 * caller asks of each node. Who is sent to a holder and has to be sent to the next one keeps its place.
 */
export class RequestLanes {
  readonly #lanes = new Map<string, Lane>()

  /** Whether a request has to wait since others of its lane do, or are under way to another holder than that of `lease`. */
  mustWait(request: RvpRequest, lease?: HomeLease): boolean {
    const lane = this.#lanes.size > 0 ? this.#lanes.get(laneOf(request)) : undefined
    if (!lane) return false
    return lane.waiting > 0 || (lease !== undefined && [...lane.sent].some((other) => !isSame(other.lease, lease)))
  }

  /** Goes to the end of its lane: it is sent to the holder of `lease`, or waits when there is none. */
  join(request: RvpRequest, lease?: HomeLease): LanePlace {
    const key = laneOf(request)
    const known = this.#lanes.get(key)
    const { promise: left, resolve } = Promise.withResolvers<void>()
    const before = known?.tail
    // Who gives up early does not let those behind it pass those before it.
    const tail = before ? before.then(() => left) : left
    const lane = known ?? { tail, waiting: 0, sent: new Set() }
    lane.tail = tail
    this.#lanes.set(key, lane)
    // It only ever resolves.
    void tail.then(() => lane.tail === tail && this.#lanes.delete(key))
    let sent = lease && { lease }
    if (sent) lane.sent.add(sent)
    else lane.waiting += 1
    let isHere = true
    return {
      before,
      wait: () => {
        if (!sent || !isHere) return
        lane.sent.delete(sent)
        lane.waiting += 1
        sent = undefined
      },
      [Symbol.dispose]: () => {
        if (!isHere) return
        isHere = false
        if (sent) lane.sent.delete(sent)
        else lane.waiting -= 1
        resolve()
      },
    }
  }
}

function isSame(one: HomeLease, other: HomeLease): boolean {
  return one.home === other.home && one.epoch === other.epoch
}

function laneOf({ method, identity, node }: RvpRequest): string {
  return `${method === 'NOTIFY' ? 'message' : 'other'} ${identity.principal} ${node}`
}

import type { Clock, HomeLease, HomeName } from '@parley/domain'
import type { RvpRequest } from '@parley/http'
import { header, UnavailableError } from '@parley/protocol'
import { type LanePlace, RequestLanes } from './request-lanes.ts'
import type { RouterLimits } from './router-limits.ts'

type Bounds = Pick<RouterLimits, 'maxHeldPerHome' | 'maxHeld' | 'maxHeldBytes'>

/** A request's place in the waiting room, which it leaves once it is answered. */
export interface WaitingPlace extends Disposable {
  /** Resolves with true when the requests before it in its lane are answered, with false when that takes longer than `maxMs`. */
  turn(maxMs: number): Promise<boolean>
}

/**
 * Requests that wait until somebody holds their home: bounded in number and bytes, and in lanes in which none overtakes
 * another (RequestLanes). So messages from one sender to one recipient arrive in the order in which they reached the router,
 * even when a hand-over came between and each has a connection of its own.
 */
export class WaitingRoom {
  readonly #clock: Clock
  readonly #bounds: Bounds
  readonly #perHome = new Map<HomeName, number>()
  readonly #lanes = new RequestLanes()
  #count = 0
  #bytes = 0

  constructor(clock: Clock, bounds: Bounds) {
    this.#clock = clock
    this.#bounds = bounds
  }

  /** Requests that wait. */
  get count(): number {
    return this.#count
  }

  /** Bytes of their bodies. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the request has to come in because others of its lane are here, or under way to another holder than that of `lease`. */
  isBehind(request: RvpRequest, lease?: HomeLease): boolean {
    return this.#lanes.mustWait(request, lease)
  }

  /** Keeps a place for a request that is sent to the holder of `lease` without having waited. */
  pass(request: RvpRequest, lease: HomeLease): LanePlace {
    return this.#lanes.join(request, lease)
  }

  /** Takes a request in, at the place that it has if it was sent before; throws UnavailableError when there is no room. */
  enter(home: HomeName, request: RvpRequest, passed?: LanePlace): WaitingPlace {
    const { maxHeld, maxHeldPerHome, maxHeldBytes } = this.#bounds
    const bytes = request.bytes.length
    const atHome = this.#perHome.get(home) ?? 0
    if (this.#count >= maxHeld || atHome >= maxHeldPerHome || this.#bytes + bytes > maxHeldBytes) {
      throw new UnavailableError('the home server is away, and too many wait for it', {
        headers: [[header.retryAfter, '5']],
      })
    }
    this.#count += 1
    this.#bytes += bytes
    this.#perHome.set(home, atHome + 1)
    const place = passed ?? this.#lanes.join(request)
    place.wait()
    let isHere = true
    return {
      turn: (maxMs) => this.#within(place.before, maxMs),
      [Symbol.dispose]: () => {
        if (!isHere) return
        isHere = false
        this.#count -= 1
        this.#bytes -= bytes
        this.#leave(home)
        place[Symbol.dispose]()
      },
    }
  }

  #leave(home: HomeName): void {
    const rest = (this.#perHome.get(home) ?? 1) - 1
    if (rest === 0) this.#perHome.delete(home)
    else this.#perHome.set(home, rest)
  }

  async #within(before: Promise<void> | undefined, maxMs: number): Promise<boolean> {
    if (!before) return true
    const { promise: late, resolve } = Promise.withResolvers<boolean>()
    const stop = this.#clock.after(maxMs, () => resolve(false))
    try {
      return await Promise.race([before.then(() => true), late])
    } finally {
      stop()
    }
  }
}

import type { Clock, HomeName } from '@parley/domain'
import type { RvpRequest } from '@parley/http'
import { header, UnavailableError } from '@parley/protocol'
import type { RouterLimits } from './router-limits.ts'

type Bounds = Pick<RouterLimits, 'maxHeldPerHome' | 'maxHeld' | 'maxHeldBytes'>

/** A request's place in the waiting room, which it leaves once it is answered. */
export interface WaitingPlace extends Disposable {
  /** Resolves with true when the requests before it in its lane are answered, with false when that takes longer than `maxMs`. */
  turn(maxMs: number): Promise<boolean>
}

/**
 * Requests that wait until somebody holds their home: bounded in number and bytes, and in lanes, one for each caller and
 * node, in which none overtakes another. So messages from one sender to one recipient arrive in the order in which they
 * reached the router, even when a hand-over came between and each has a connection of its own.
 */
export class WaitingRoom {
  readonly #clock: Clock
  readonly #bounds: Bounds
  readonly #perHome = new Map<HomeName, number>()
  /** Resolved when everybody in the lane has left it. */
  readonly #lanes = new Map<string, Promise<void>>()
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

  /** Whether the request has to come in because others of its lane are here. */
  isBehind(request: RvpRequest): boolean {
    return this.#lanes.size > 0 && this.#lanes.has(laneOf(request))
  }

  /** Takes a request in; throws UnavailableError when there is no room. */
  enter(home: HomeName, request: RvpRequest): WaitingPlace {
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
    const { before, leave } = this.#line(laneOf(request))
    let isHere = true
    return {
      turn: (maxMs) => this.#within(before, maxMs),
      [Symbol.dispose]: () => {
        if (!isHere) return
        isHere = false
        this.#count -= 1
        this.#bytes -= bytes
        this.#leave(home)
        leave()
      },
    }
  }

  /** Goes to the end of a lane. */
  #line(lane: string): { readonly before: Promise<void> | undefined; readonly leave: () => void } {
    const before = this.#lanes.get(lane)
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    // Who gives up early does not let those behind it pass those before it.
    const empty = before ? before.then(() => left) : left
    this.#lanes.set(lane, empty)
    const close = (): void => {
      if (this.#lanes.get(lane) === empty) this.#lanes.delete(lane)
    }
    // It only ever resolves.
    void empty.then(close)
    return { before, leave }
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

function laneOf({ identity, node }: RvpRequest): string {
  return `${identity.principal} ${node}`
}

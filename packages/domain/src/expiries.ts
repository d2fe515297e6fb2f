import type { Clock } from './clock.ts'

/** Something that runs out at `at` (milliseconds since 1970). */
interface Expiry {
  readonly at: number
  readonly run: Expiring
  readonly id: number
}

/** Whoever is told that a lease may have run out; it compares with the lease it holds now, since leases are renewed. */
export interface Expiring {
  expire(id: number, now: number): void
}

/**
 * Leases in the order in which they run out: a binary heap and one timer. Renewing adds an entry and leaves the old one to
 * come up and be ignored, which is cheaper than finding it.
 */
export class Expiries {
  readonly #clock: Clock
  readonly #heap: Expiry[] = []
  #cancel: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(at: number, run: Expiring, id: number): void {
    const heap = this.#heap
    heap.push({ at, run, id })
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (this.#at(parent) <= this.#at(child)) break
      this.#swap(parent, child)
      child = parent
    }
    if (at < this.#timerAt) this.#arm()
  }

  /** Forgets everything and stops the timer. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#heap.length = 0
  }

  #arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const first = this.#heap[0]
    if (!first) return
    this.#timerAt = first.at
    this.#cancel = this.#clock.after(Math.max(0, first.at - this.#clock.now()), () => this.#due())
  }

  #due(): void {
    const now = this.#clock.now()
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#removeFirst()
      first.run.expire(first.id, now)
    }
    this.#arm()
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    heap[0] = last
    let parent = 0
    for (;;) {
      let least = parent
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && this.#at(child) < this.#at(least)) least = child
      }
      if (least === parent) return
      this.#swap(parent, least)
      parent = least
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (!first || !second) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}

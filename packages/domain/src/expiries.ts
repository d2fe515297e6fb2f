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
  /** When the lease runs out as it is now; undefined when there is none any more. */
  expiresAt(id: number): number | undefined
}

/** Entries that may be out of date before it is worth looking. */
const slack = 1024

/**
 * Leases in the order in which they run out: a binary heap and one timer. Renewing adds an entry and leaves the old one to
 * come up and be ignored, which is cheaper than finding it; when most may be such, all of them are cleared out, since a
 * client could renew a long lease as often as it likes.
 */
export class Expiries {
  readonly #clock: Clock
  #heap: Expiry[] = []
  #compactAt = slack
  #cancel: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Entries held, those out of date included. */
  get size(): number {
    return this.#heap.length
  }

  add(at: number, run: Expiring, id: number): void {
    this.#insert({ at, run, id })
    if (this.#heap.length >= this.#compactAt) this.#compact()
    if (at < this.#timerAt) this.#arm()
  }

  /** Forgets everything and stops the timer. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#heap = []
  }

  #insert(expiry: Expiry): void {
    const heap = this.#heap
    heap.push(expiry)
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (this.#at(parent) <= this.#at(child)) break
      this.#swap(parent, child)
      child = parent
    }
  }

  /** Keeps the first entry of each lease that comes up when the lease has run out. */
  #compact(): void {
    const kept = new Map<Expiring, Map<number, Expiry>>()
    for (const entry of this.#heap) {
      const expiresAt = entry.run.expiresAt(entry.id)
      if (expiresAt === undefined || entry.at < expiresAt) continue
      const entries = kept.get(entry.run) ?? new Map<number, Expiry>()
      kept.set(entry.run, entries)
      const first = entries.get(entry.id)
      if (!first || entry.at < first.at) entries.set(entry.id, entry)
    }
    this.#heap = []
    for (const entries of kept.values()) for (const entry of entries.values()) this.#insert(entry)
    this.#compactAt = 2 * this.#heap.length + slack
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

import type { Clock } from '@parley/domain'

const tickMs = 250

/**
 * Time limits of very many things by one timer: a timer for each of 45,000 deliveries a second would cost more than the
 * deliveries. Coarse: what is given `limitMs` runs out up to a quarter of a second before, never after. The timer runs
 * only while something is waiting, and counts its own ticks, so that setting the system's clock ends nothing early.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #lists: { readonly size: number; expireUntil(tick: number): void }[] = []
  #tick = 0
  #timerRuns = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Things that all have the same limit; `expire` is called once for each that is not removed in time. */
  list<T>(limitMs: number, expire: (item: T) => void): DeadlineList<T> {
    const ticks = Math.max(1, Math.floor(limitMs / tickMs))
    const list = new DeadlineList<T>(() => this.#dueAfter(ticks), expire)
    this.#lists.push(list)
    return list
  }

  /** Things whose limits change too often to be kept in order. */
  set<T extends Perishable>(): DeadlineSet<T> {
    const set = new DeadlineSet<T>()
    this.#lists.push(set)
    return set
  }

  /** The tick at which a limit that starts now is over, for a `Perishable` to keep. */
  tickAfter(limitMs: number): number {
    return this.#dueAfter(Math.max(1, Math.floor(limitMs / tickMs)))
  }

  #dueAfter(ticks: number): number {
    if (!this.#timerRuns) this.#arm()
    return this.#tick + ticks
  }

  #arm(): void {
    this.#timerRuns = true
    this.#clock.after(tickMs, () => {
      this.#tick += 1
      for (const list of this.#lists) list.expireUntil(this.#tick)
      this.#timerRuns = false
      if (this.#lists.some((list) => list.size > 0)) this.#arm()
    })
  }
}

/** One limit's things, the next to run out first. */
export class DeadlineList<T> {
  readonly #due: () => number
  readonly #expire: (item: T) => void
  readonly #dueTicks = new Map<T, number>()

  constructor(due: () => number, expire: (item: T) => void) {
    this.#due = due
    this.#expire = expire
  }

  get size(): number {
    return this.#dueTicks.size
  }

  has(item: T): boolean {
    return this.#dueTicks.has(item)
  }

  /** Starts the limit of an item that is not in the list. */
  add(item: T): void {
    this.#dueTicks.set(item, this.#due())
  }

  /** Harmless for an item that is not in the list. */
  remove(item: T): void {
    this.#dueTicks.delete(item)
  }

  /** Called by `Deadlines` at each tick. */
  expireUntil(tick: number): void {
    for (const [item, due] of this.#dueTicks) {
      if (due > tick) return
      this.#dueTicks.delete(item)
      this.#expire(item)
    }
  }
}

/** Something that knows when its time is over. */
export interface Perishable {
  /** From `Deadlines.tickAfter`; may be put off at any time. */
  readonly dueTick: number
  overdue(): void
}

/** Things that are all looked at in every tick, which is cheaper than to note each change of their limits. */
export class DeadlineSet<T extends Perishable> {
  readonly #items = new Set<T>()

  get size(): number {
    return this.#items.size
  }

  add(item: T): void {
    this.#items.add(item)
  }

  remove(item: T): void {
    this.#items.delete(item)
  }

  /** Called by `Deadlines` at each tick. */
  expireUntil(tick: number): void {
    for (const item of this.#items) if (item.dueTick <= tick) item.overdue()
  }
}

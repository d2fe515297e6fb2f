import type { Clock, ManualClock } from '@parley/domain'

/** The clock of one process: while the process is stopped, time passes and its timers wait. */
export class StoppableClock implements Clock {
  readonly #clock: ManualClock
  #overdue: (() => void)[] | undefined

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  elapsed(): number {
    return this.#clock.elapsed()
  }

  after(delayMs: number, work: () => void): () => void {
    let cancelled = false
    const due = (): void => {
      if (cancelled) return
      if (this.#overdue) this.#overdue.push(due)
      else work()
    }
    const cancel = this.#clock.after(delayMs, due)
    return () => {
      cancelled = true
      cancel()
    }
  }

  /** As SIGSTOP. */
  stop(): void {
    this.#overdue ??= []
  }

  /** As SIGCONT, and the event loop has come to its timers. */
  runOverdue(): void {
    const overdue = this.#overdue ?? []
    this.#overdue = undefined
    for (const due of overdue) due()
  }
}

import type { Timers } from '../timers.ts'

interface Appointment {
  readonly at: number
  readonly work: () => void
}

/** Timers that a test moves on. */
export class ManualTimers implements Timers {
  #now = 0
  #appointments: Appointment[] = []

  after(delayMs: number, work: () => void): () => void {
    const appointment = { at: this.#now + delayMs, work }
    this.#appointments.push(appointment)
    return () => {
      this.#appointments = this.#appointments.filter((other) => other !== appointment)
    }
  }

  /** Delays that have not run out, shortest first, in milliseconds. */
  get waiting(): number[] {
    return this.#appointments.map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  elapse(ms: number): void {
    this.#now += ms
    const due = this.#appointments.filter(({ at }) => at <= this.#now)
    this.#appointments = this.#appointments.filter(({ at }) => at > this.#now)
    for (const { work } of due) work()
  }
}

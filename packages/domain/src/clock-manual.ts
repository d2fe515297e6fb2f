import type { Clock } from './clock.ts'

interface Appointment {
  readonly at: number
  readonly order: number
  readonly work: () => void
}

/** A clock that moves when a test says so; timers run in order of their time, then of their making. */
export class ManualClock implements Clock {
  #now: number
  #made = 0
  #appointments: Appointment[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  after(delayMs: number, work: () => void): () => void {
    const appointment: Appointment = { at: this.#now + Math.max(0, delayMs), order: this.#made++, work }
    this.#appointments.push(appointment)
    return () => {
      this.#appointments = this.#appointments.filter((other) => other !== appointment)
    }
  }

  /** Moves time on as for processes that are stopped: what falls due on the way runs late, in the next `elapse`. */
  oversleep(ms: number): void {
    this.#now += ms
  }

  /** Moves time on and runs what falls due on the way. */
  elapse(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#appointments
        .filter((appointment) => appointment.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!due) break
      this.#appointments = this.#appointments.filter((other) => other !== due)
      this.#now = Math.max(this.#now, due.at)
      due.work()
    }
    this.#now = end
  }
}

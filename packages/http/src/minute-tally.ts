import type { Clock } from '@parley/domain'

const minuteMs = 60_000

/** Counts what each user does in a minute, in this process. */
export class MinuteTally {
  readonly #most: number
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #counts = new Map<string, number>()
  #endsAt = 0

  constructor(most: number, clock: Pick<Clock, 'elapsed'>) {
    this.#most = most
    this.#clock = clock
  }

  /** Counts one more; if that is too many, the seconds to wait instead, at least one. */
  take(user: string): number | undefined {
    const now = this.#clock.elapsed()
    if (now >= this.#endsAt) {
      this.#counts.clear()
      this.#endsAt = now + minuteMs
    }
    const count = this.#counts.get(user) ?? 0
    if (count >= this.#most) return Math.max(1, Math.ceil((this.#endsAt - now) / 1000))
    this.#counts.set(user, count + 1)
    return undefined
  }
}

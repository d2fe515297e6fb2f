import type { Clock } from '@parley/domain'

/** Lets so many requests a second through, and as many at once after a silence. */
export class RequestRate {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(perSecond: number, clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#at = clock.elapsed()
  }

  /** Seconds to wait, at least one; undefined when the request may go. */
  take(): number | undefined {
    const now = this.#clock.elapsed()
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return Math.max(1, Math.ceil((1 - this.#left) / this.#perSecond))
    this.#left -= 1
    return undefined
  }
}

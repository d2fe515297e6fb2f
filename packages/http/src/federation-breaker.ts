import type { Clock } from '@parley/domain'

/** Failures in a row after which nobody is asked any more, and for how long, at first and at most. */
export interface BreakerLimits {
  readonly failures: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

const defaultLimits: BreakerLimits = { failures: 5, firstPauseMs: 2_000, longestPauseMs: 30_000 }

/**
 * Spares everybody the wait for a domain that does not answer. After some failures in a row requests are refused at once; when
 * the pause is over one request tries, and its outcome decides for the others. Each pause in vain makes the next one longer.
 */
export class Breaker {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #limits: BreakerLimits
  readonly #onChange: (isOpen: boolean) => void
  #failures = 0
  #pauseMs = 0
  #openUntil = 0
  #isTrying = false

  constructor(given: {
    clock: Pick<Clock, 'elapsed'>
    limits?: BreakerLimits
    /** Called when requests begin to be refused, and when they are let through again. */
    onChange?: (isOpen: boolean) => void
  }) {
    this.#clock = given.clock
    this.#limits = given.limits ?? defaultLimits
    this.#onChange = given.onChange ?? (() => {})
  }

  /** Seconds until it is worth asking again, at least one; undefined when the request may be sent: then its outcome must be told. */
  admit(): number | undefined {
    if (this.#pauseMs === 0) return undefined
    const leftMs = this.#openUntil - this.#clock.elapsed()
    if (leftMs > 0 || this.#isTrying) return Math.max(1, Math.ceil(leftMs / 1000))
    this.#isTrying = true
    return undefined
  }

  /** The domain has answered, whatever it said. */
  succeeded(): void {
    this.#failures = 0
    this.#isTrying = false
    if (this.#pauseMs === 0) return
    this.#pauseMs = 0
    this.#onChange(false)
  }

  /** The domain could not be reached, or did not answer in time. */
  failed(): void {
    this.#failures += 1
    // NOTE: requests that were under way when it opened may fail later, and prove nothing new.
    if (this.#pauseMs > 0 && !this.#isTrying) return
    if (this.#pauseMs === 0 && this.#failures < this.#limits.failures) return
    const isNew = this.#pauseMs === 0
    this.#isTrying = false
    this.#pauseMs = isNew ? this.#limits.firstPauseMs : Math.min(2 * this.#pauseMs, this.#limits.longestPauseMs)
    this.#openUntil = this.#clock.elapsed() + this.#pauseMs
    if (isNew) this.#onChange(true)
  }

  /** The request was refused before anything was sent. */
  unused(): void {
    this.#isTrying = false
  }
}

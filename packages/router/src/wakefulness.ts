import type { Clock } from '@parley/domain'

const beatMs = 500
/** A process that does nothing for longer has hung. */
const hungMs = 2_000
/** All that came while it hung is read within this. */
const catchUpMs = 1_000
/** How long it listens for its own pulse after the last request. */
const listenMs = 60_000

/**
 * Whether this process has just hung, as a paused machine does: requests that came meanwhile may be old. Their senders may have
 * given up, and have said something else over another router.
 *
 * NOTE: what comes within a hang that nobody saw begin, after a quiet minute, is taken for new.
 */
export class Wakefulness {
  readonly #clock: Clock
  #beats = false
  #lastBeat = 0
  #listenUntil = 0
  #wokeAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Asked for each request: whether it may have waited while the process hung. */
  hasJustWoken(): boolean {
    const now = this.#clock.elapsed()
    this.#listenUntil = now + listenMs
    if (this.#beats) this.#feel(now)
    else this.#beat(now)
    return now - this.#wokeAt < catchUpMs
  }

  #beat(now: number): void {
    this.#beats = now < this.#listenUntil
    this.#lastBeat = now
    if (this.#beats) this.#clock.after(beatMs, () => this.#felt())
  }

  #felt(): void {
    const now = this.#clock.elapsed()
    this.#feel(now)
    this.#beat(now)
  }

  /** NOTE: after a hang either a timer or a request may come first. */
  #feel(now: number): void {
    if (now - this.#lastBeat < hungMs) return
    this.#wokeAt = now
    this.#lastBeat = now
  }
}

import type { Clock } from '@parley/domain'

/** How long pauses are. */
export interface GrowingPausesOptions {
  readonly clock: Pick<Clock, 'elapsed'>
  /** After the first time; twice as long after each further one. */
  readonly firstMs: number
  readonly longestMs: number
  /** What is not done for so long is done for the first time again; longer than `longestMs`. */
  readonly forgottenMs: number
}

interface Done {
  readonly at: number
  readonly times: number
}

/** Keeps apart what may be done again and again to one thing: the oftener it was done, the longer the pause. */
export class GrowingPauses<Thing> {
  readonly #options: GrowingPausesOptions
  readonly #done = new Map<Thing, Done>()

  constructor(options: GrowingPausesOptions) {
    this.#options = options
  }

  /** Whether it may be done now: never done, or the pause since is over. */
  isOver(thing: Thing): boolean {
    const done = this.#done.get(thing)
    if (!done) return true
    const { clock, firstMs, longestMs } = this.#options
    return clock.elapsed() - done.at >= Math.min(longestMs, firstMs * 2 ** (done.times - 1))
  }

  /** It is done now: a pause begins. */
  begin(thing: Thing): void {
    const { clock, forgottenMs } = this.#options
    const at = clock.elapsed()
    const before = this.#done.get(thing)
    const times = before && at - before.at < forgottenMs ? before.times : 0
    this.#done.set(thing, { at, times: times + 1 })
  }

  /** The next time is the first one again. */
  forget(thing: Thing): void {
    this.#done.delete(thing)
  }
}

import type { Clock, HandBackAnswer, HomeLease, HomeName } from '@parley/domain'
import { GrowingPauses } from './growing-pauses.ts'
import type { HomeKeeperEvents } from './home-keeper-events.ts'

/** What somebody needs who asks for homes. */
export interface HandBackRequestsOptions {
  /** Asks the holder for the home. Rejects when nobody answers, or the holder does not know the question. */
  readonly ask: (lease: HomeLease) => Promise<HandBackAnswer>
  readonly clock: Pick<Clock, 'elapsed'>
  readonly events: Pick<HomeKeeperEvents, 'homeAskedBack'>
}

/** NOTE: a process that starts and dies at once, again and again, would take its homes along each time. */
const wellMs = 3_000
const pauses = { firstMs: 5_000, longestMs: 300_000, forgottenMs: 600_000 }

/**
 * Asks the holders of homes for them that this process names (docs/adr/0024): not before it has been well for some seconds, and
 * after each request less and less often, whatever became of it.
 */
export class HandBackRequests {
  readonly #options: HandBackRequestsOptions
  readonly #pauses: GrowingPauses<HomeName>
  readonly #underWay = new Set<HomeName>()
  #wellSince = Number.POSITIVE_INFINITY
  #lastBeat = Number.NEGATIVE_INFINITY

  constructor(options: HandBackRequestsOptions) {
    this.#options = options
    this.#pauses = new GrowingPauses({ ...pauses, clock: options.clock })
  }

  /** The process runs; to be told every second or so, since one that was stopped is not well. */
  beat(): void {
    const now = this.#options.clock.elapsed()
    if (now - this.#lastBeat > wellMs) this.#wellSince = now
    this.#lastBeat = now
  }

  /** The process could not do its work just now. */
  unwell(): void {
    this.#wellSince = this.#options.clock.elapsed()
  }

  /** Whether the home may be asked for now. */
  isDue(home: HomeName): boolean {
    const isWell = this.#options.clock.elapsed() - this.#wellSince >= wellMs
    return isWell && !this.#underWay.has(home) && this.#pauses.isOver(home)
  }

  /** Asks for one home; resolves with whether it is free now. Never rejects. */
  async ask(lease: HomeLease): Promise<boolean> {
    const { ask, events } = this.#options
    this.#underWay.add(lease.home)
    this.#pauses.begin(lease.home)
    let answer: HandBackAnswer | undefined
    let failure: unknown
    try {
      answer = await ask(lease)
    } catch (err) {
      failure = err
    }
    this.#underWay.delete(lease.home)
    events.homeAskedBack(lease, answer, failure)
    return answer === 'handed-over'
  }
}

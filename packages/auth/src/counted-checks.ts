import {
  type AttemptBudget,
  type AttemptLimits,
  type Clock,
  type Ids,
  NotAskedError,
  RecentlyUsed,
} from '@parley/domain'
import { header, TooManyRequestsError, UnavailableError } from '@parley/protocol'

export interface CountedChecksOptions {
  readonly budget: AttemptBudget
  /** Asked each time, as the directory's own threshold may change. */
  readonly limits: () => Promise<AttemptLimits>
  readonly clock: Clock
  readonly ids: Ids
}

/** How often, and how many times, a try is asked for again that others may be about to give back. */
const pauseMs = 250
const mostPauses = 12

const mostKnown = 20_000
const mostDurations = 32

/** Checks of passwords that never cost an account more wrong tries than its budget has (promise 7). */
export class CountedChecks {
  readonly #options: CountedChecksOptions
  /** Accounts and addresses whose last proof here was right. */
  readonly #known = new RecentlyUsed<string, true>(mostKnown)
  /** How long wrong proofs took of late, in milliseconds. */
  readonly #durations: number[] = []
  #nextDuration = 0

  constructor(options: CountedChecksOptions) {
    this.#options = options
  }

  /**
   * Takes a try, checks, and gives the try back if it was right or nobody saw it. Rejects with TooManyRequestsError when there is no try
   * left, and with UnavailableError when nothing can be counted or checked.
   */
  async run(account: string, address: string, check: () => Promise<boolean>): Promise<boolean> {
    const { budget, clock } = this.#options
    const pair = `${address} ${account}`
    await this.#take(account, address, this.#known.get(pair) ?? false)
    const startedAt = clock.elapsed()
    let right: boolean
    try {
      right = await check()
    } catch (error) {
      if (error instanceof NotAskedError) await tolerated(budget.giveBack(account, address, 'not-checked'))
      throw error
    }
    if (right) {
      this.#known.set(pair, true)
      await tolerated(budget.giveBack(account, address, 'right'))
    } else {
      this.#known.delete(pair)
      this.#durations[this.#nextDuration] = clock.elapsed() - startedAt
      this.#nextDuration = (this.#nextDuration + 1) % mostDurations
    }
    return right
  }

  /** Costs a name that nobody has what a wrong proof costs, in tries and in time, so that neither tells who exists. */
  async pretend(name: string, address: string): Promise<void> {
    const { clock, ids } = this.#options
    await this.#take(`nobody ${name}`, address, false)
    const duration = this.#durations[ids.number() % Math.max(1, this.#durations.length)] ?? 0
    await pause(clock, duration)
  }

  async #take(account: string, address: string, isKnown: boolean): Promise<void> {
    const { budget, limits, clock } = this.#options
    const { perAccount, perAddress, windowMs } = await limits()
    // NOTE: the last try is kept for an address where the account has proved itself, or strangers could keep its owner out.
    const mine = isKnown || perAccount < 3 ? perAccount : perAccount - 1
    for (let pauses = 0; ; pauses++) {
      const attempt = await budget.take(account, address, { perAccount: mine, perAddress, windowMs })
      if (attempt.kind === 'allowed') return
      if (attempt.retryAfterSeconds > 1 || pauses === mostPauses) throw refused(attempt.retryAfterSeconds)
      await pause(clock, pauseMs)
    }
  }
}

/** NOTE: a try that cannot be given back stays taken: that keeps somebody waiting, and locks nobody out of the directory. */
async function tolerated(giving: Promise<void>): Promise<void> {
  try {
    await giving
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
  }
}

function refused(seconds: number): TooManyRequestsError {
  return new TooManyRequestsError(`too many wrong passwords; try again in ${seconds} s`, {
    headers: [[header.retryAfter, `${seconds}`]],
  })
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve))
}

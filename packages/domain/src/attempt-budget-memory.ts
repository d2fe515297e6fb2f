import {
  type Attempt,
  type AttemptBudget,
  type AttemptLimits,
  type AttemptTimes,
  defaultAttemptTimes,
} from './attempt-budget.ts'
import type { Clock } from './clock.ts'
import { RecentlyUsed } from './recently-used.ts'

interface Try {
  readonly address: string
  readonly at: number
}

interface Account {
  readonly tries: readonly Try[]
  readonly until: number
}

const mostAccounts = 100_000

/** The budget of edges that are in one process. */
export class AttemptBudgetMemory implements AttemptBudget {
  readonly #clock: Clock
  readonly #times: AttemptTimes
  readonly #accounts = new RecentlyUsed<string, Account>(mostAccounts)

  constructor(clock: Clock, times: AttemptTimes = defaultAttemptTimes) {
    this.#clock = clock
    this.#times = times
  }

  async take(account: string, address: string, { perAccount, perAddress, windowMs }: AttemptLimits): Promise<Attempt> {
    const now = this.#clock.elapsed()
    const { tries, until } = this.#account(account)
    const here = tries.filter((each) => each.address === address).length
    if (tries.length < perAccount && here < perAddress) {
      this.#accounts.set(account, { tries: [...tries, { address, at: now }], until: now + windowMs })
      return { kind: 'allowed' }
    }
    const isPending = now - (tries.at(-1)?.at ?? 0) < this.#times.pendingMs
    return { kind: 'refused', retryAfterSeconds: isPending ? 1 : Math.ceil((until - now) / 1000) }
  }

  async giveBack(account: string, address: string, why: 'right' | 'not-checked'): Promise<void> {
    const { tries, until } = this.#account(account)
    const own = tries.findLast((each) => each.address === address)
    const settled = why === 'right' && own ? own.at - this.#times.settledMs : Number.NEGATIVE_INFINITY
    this.#accounts.set(account, { tries: tries.filter((each) => each !== own && each.at > settled), until })
  }

  #account(account: string): Account {
    const known = this.#accounts.get(account)
    return known && known.until > this.#clock.elapsed() ? known : { tries: [], until: 0 }
  }
}

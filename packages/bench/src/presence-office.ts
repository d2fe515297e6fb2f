import type { BenchState, BenchUser } from './bench-user.ts'
import { closedLoop, openLoop, wait, warmUpSeconds } from './pacing.ts'
import type { ProcessorMeter, ProcessorShares } from './processor-time.ts'
import { hrefOf, numberDigits } from './settings.ts'
import type { NumberMark } from './stream-reader.ts'

const states: readonly BenchState[] = ['busy', 'away', 'online']
/** Users that wait for the answer to a change at one time. */
const width = 1000

/** Where a notification of presence names its presentity. */
export const presenceMark: NumberMark = {
  mark: Buffer.from(`<r:notification-from><r:contact><d:href>${hrefOf(0).slice(0, -numberDigits)}`),
  digits: numberDigits,
}

/** Users who are online and change their states, whose watchers' inboxes count in `delivered`. */
export class PresenceOffice {
  readonly #users: readonly BenchUser[]
  readonly #delivered: () => number
  /** Watchers of each user. */
  readonly #fanOut: number
  readonly #turn: number[]
  #changes = 0

  constructor(users: readonly BenchUser[], delivered: () => number, fanOut = 20) {
    this.#users = users
    this.#delivered = delivered
    this.#fanOut = fanOut
    this.#turn = users.map(() => 0)
  }

  /** As many changes as the server takes, by random users; what arrives in a second, and who used the processors. */
  async saturate(
    seconds: number,
    meter: () => ProcessorMeter,
  ): Promise<{ perSecond: number; shares: ProcessorShares }> {
    const idle = shuffled(this.#users)
    const run = (length: number): Promise<void> =>
      closedLoop(length, width, (_, done) => {
        const at = Math.floor(Math.random() * idle.length)
        const user = idle[at] as BenchUser
        idle[at] = idle[idle.length - 1] as BenchUser
        idle.pop()
        this.#change(user, () => {
          idle.push(user)
          done()
        })
      })
    await run(warmUpSeconds)
    const started = performance.now()
    const before = this.#delivered()
    const measuring = meter()
    await run(seconds)
    const perSecond = ((this.#delivered() - before) * 1000) / (performance.now() - started)
    return { perSecond, shares: measuring.read() }
  }

  /** Changes at a fixed rate, by all users in turn; `due` hears when each was due. */
  async pace(deliveriesPerSecond: number, seconds: number, due: (index: number, at: number) => void): Promise<void> {
    const order = shuffled(this.#users)
    let at = 0
    await openLoop(deliveriesPerSecond / this.#fanOut, seconds, (dueAt) => {
      const user = order[at++ % order.length] as BenchUser
      due(user.index, dueAt)
      this.#change(user, () => {})
    })
  }

  /** Waits for what is on its way; how many deliveries did not come. */
  async missing(before: { delivered: number; changes: number }): Promise<number> {
    const expected = before.delivered + (this.#changes - before.changes) * this.#fanOut
    for (let tries = 0; tries < 20 && this.#delivered() < expected; tries++) await wait(0.1)
    return expected - this.#delivered()
  }

  /** To be given to `missing` later. */
  count(): { delivered: number; changes: number } {
    return { delivered: this.#delivered(), changes: this.#changes }
  }

  #change(user: BenchUser, done: () => void): void {
    this.#changes += 1
    const turn = this.#turn[user.index] ?? 0
    this.#turn[user.index] = turn + 1
    const state = states[turn % states.length] ?? 'online'
    user.request(user.stateChange(state), (answer) => {
      if (answer.status !== 207) throw new Error(`a change was refused: ${answer.head}`)
      done()
    })
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  const copy = [...items]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    const item = copy[at] as T
    copy[at] = copy[other] as T
    copy[other] = item
  }
  return copy
}

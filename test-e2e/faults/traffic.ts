import { pause } from '../cluster/pause.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { type Person, unlessFaulty } from './person.ts'
import type { Talk } from './talk.ts'

const stateLanes = 10
const factLanes = 6

/** People who change their states, lists and rights, and talk, all at the same time, until it is stopped. */
export class Traffic {
  readonly #changes: Promise<void>[] = []
  readonly #talks: Promise<void>[] = []
  #done = 0
  #progress = Promise.withResolvers<void>()
  #stopped = false
  #failure: unknown

  /** `busy` change their states; a few of them also what the server keeps for them. */
  start(busy: readonly Person[], talks: readonly Talk[], random: SeededRandom): void {
    for (let lane = 0; lane < stateLanes; lane += 1) {
      const own = busy.filter((_, index) => index % stateLanes === lane)
      this.#changes.push(this.#run(random.fork(), 250, (dice) => dice.pick(own)?.changeState(dice)))
    }
    for (let lane = 0; lane < factLanes; lane += 1) {
      const own = busy.filter((_, index) => index % (factLanes * 4) === lane)
      const change = (dice: SeededRandom): Promise<void> | undefined => {
        const one = dice.pick(own)
        return dice.below(2) === 0 ? one?.changeAccess(dice) : one?.changeContacts(dice)
      }
      this.#changes.push(this.#run(random.fork(), 300, change))
    }
    for (const talk of talks) this.#talks.push(this.#run(random.fork(), 250, () => talk.sendNext()))
  }

  /** Resolves once that much more was done. */
  async more(count: number): Promise<void> {
    const enough = this.#done + count
    while (this.#done < enough && this.#failure === undefined) await this.#progress.promise
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Begins nothing more; resolves when nobody changes anything any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#changes)
  }

  /** Resolves when every message has met its fate, too. */
  async ended(): Promise<void> {
    await Promise.all(this.#talks)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** NOTE: the pause is the pace of the load, as two cores are shared by all; nothing waits for an outcome so. */
  async #run(random: SeededRandom, pauseMs: number, act: (random: SeededRandom) => Promise<void> | undefined) {
    try {
      while (!this.#stopped) {
        if (await unlessFaulty(async () => act(random))) this.#done += 1
        this.#progressed()
        await pause(random.below(2 * pauseMs))
      }
    } catch (error) {
      this.#failure ??= error
      this.#stopped = true
      this.#progressed()
    }
  }

  #progressed(): void {
    this.#progress.resolve()
    this.#progress = Promise.withResolvers()
  }
}

import { setTimeout } from 'node:timers/promises'
import type { SeededRandom } from '../seeded-random.ts'
import { type Person, unlessFaulty } from './person.ts'
import type { Talk } from './talk.ts'

const stateLanes = 10
const factLanes = 6

/** How much was done so far. */
export interface Work {
  done: number
  failed: number
}

/** People who change their states, lists and rights, and talk, all at the same time, until it is stopped. */
export class Traffic {
  readonly work: Work = { done: 0, failed: 0 }
  readonly #lanes: Promise<void>[] = []
  #stopped = false
  #failure: unknown

  /** `busy` change their states; a few of them also what the server keeps for them. */
  start(busy: readonly Person[], talks: readonly Talk[], random: SeededRandom): void {
    for (let lane = 0; lane < stateLanes; lane += 1) {
      const own = busy.filter((_, index) => index % stateLanes === lane)
      this.#run(random.fork(), 250, (dice) => dice.pick(own)?.changeState(dice))
    }
    for (let lane = 0; lane < factLanes; lane += 1) {
      const own = busy.filter((_, index) => index % (factLanes * 4) === lane)
      this.#run(random.fork(), 300, (dice) => {
        const one = dice.pick(own)
        return dice.below(2) === 0 ? one?.changeAccess(dice) : one?.changeContacts(dice)
      })
    }
    for (const talk of talks) this.#run(random.fork(), 250, () => talk.sendNext())
  }

  /** Resolves once that much more was done. */
  async more(count: number): Promise<void> {
    const enough = this.work.done + count
    while (this.work.done < enough && this.#failure === undefined) await setTimeout(20)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Begins nothing more; resolves when everything that was begun has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#lanes)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** NOTE: the pause is the pace of the load, as two cores are shared by all; nothing waits for an outcome so. */
  #run(random: SeededRandom, pauseMs: number, act: (random: SeededRandom) => Promise<void> | undefined): void {
    const lane = async (): Promise<void> => {
      while (!this.#stopped) {
        const went = await unlessFaulty(async () => act(random))
        this.work[went ? 'done' : 'failed'] += 1
        await setTimeout(random.below(2 * pauseMs))
      }
    }
    this.#lanes.push(
      lane().catch((error: unknown) => {
        this.#failure ??= error
        this.#stopped = true
      }),
    )
  }
}

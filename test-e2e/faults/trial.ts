import { SeededRandom } from '../seeded-random.ts'
import { type Judgement, Population, type PopulationOptions } from './population.ts'
import { Traffic } from './traffic.ts'

/** What is done before a fault comes. */
const workBefore = 150
/** Promise 2: how long after the end of a fault every watcher sees the truth. */
const convergenceMs = 10_000

/** What happens while people work; it has healed when this resolves. */
export type Fault = (traffic: Traffic) => Promise<void>

export interface TrialOptions extends Omit<PopulationOptions, 'random'> {
  readonly seed: number
}

/** People at work on a cluster, of whatever it is made, and the oracle that judges what they were told while something happened to it. */
export class Trial implements AsyncDisposable {
  readonly population: Population
  readonly #random: SeededRandom

  private constructor(population: Population, random: SeededRandom) {
    this.population = population
    this.#random = random
  }

  /** Signs everybody on. */
  static async begin({ seed, ...options }: TrialOptions): Promise<Trial> {
    const random = new SeededRandom(seed)
    return new Trial(await Population.signOn({ ...options, random: random.fork() }), random)
  }

  /** Lets everybody work, lets the fault come and go, and checks what everybody has seen. */
  async survive(fault: Fault, judgement: Judgement = { unnoticed: false }): Promise<void> {
    const { population } = this
    population.begin()
    const traffic = new Traffic()
    try {
      traffic.start(population.people, population.talks, this.#random.fork())
      await traffic.more(workBefore)
      await fault(traffic)
      const deadline = AbortSignal.timeout(convergenceMs)
      await traffic.stop()
      await population.converge(deadline)
    } finally {
      await traffic.stop()
      await traffic.ended()
    }
    await population.check(judgement)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.population[Symbol.asyncDispose]()
  }
}

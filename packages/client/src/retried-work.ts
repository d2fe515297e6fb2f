import { backOffMs, pause } from './back-off.ts'
import { isExpectedError, RequestRefusedError } from './client-error.ts'
import type { ClientRandom } from './client-random.ts'
import type { Timers } from './timers.ts'

/** What is to be done, and how to wait between tries. */
export interface RetriedWorkOptions {
  readonly work: () => Promise<void>
  readonly timers: Timers
  readonly random: ClientRandom
  /** Called when the server refuses the work for good; it is not tried again. */
  readonly onRefused: (error: RequestRefusedError) => void
}

/** One piece of work that is done, when asked for, until it succeeds; asked for meanwhile, it is done once more. */
export class RetriedWork {
  readonly #options: RetriedWorkOptions
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #isWanted = false

  constructor(options: RetriedWorkOptions) {
    this.#options = options
  }

  request(): void {
    this.#isWanted = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when nothing of it runs any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { work, timers, random, onRefused } = this.#options
    let failures = 0
    while (this.#isWanted && !this.#stop.signal.aborted) {
      this.#isWanted = false
      try {
        await work()
        failures = 0
      } catch (error) {
        if (!isExpectedError(error)) throw error
        if (this.#stop.signal.aborted) return
        if (error instanceof RequestRefusedError && error.isFinal) return onRefused(error)
        this.#isWanted = true
        failures += 1
        await pause(timers, backOffMs(failures, random.fraction()), this.#stop.signal)
      }
    }
  }
}

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

/** Work that was not asked for in this time is done at once when it is asked for again. */
const quietMs = 60_000

/**
 * One piece of work that is done, when asked for, until it succeeds; asked for meanwhile, it is done once more. Asked for again
 * and again it takes its time: a server that gives with one hand and takes with the other must not be stormed.
 */
export class RetriedWork {
  readonly #options: RetriedWorkOptions
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #isWanted = false
  /** Successes without a quiet minute between them. */
  #successes = 0
  #cancelQuiet = () => {}

  constructor(options: RetriedWorkOptions) {
    this.#options = options
  }

  request(): void {
    this.#isWanted = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#isWanted && !this.#stop.signal.aborted) this.request()
    })
  }

  /** Resolves when nothing of it runs any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#cancelQuiet()
    await this.#running
  }

  async #run(): Promise<void> {
    const { timers, random } = this.#options
    this.#cancelQuiet()
    let failures = 0
    while (this.#isWanted && !this.#stop.signal.aborted) {
      this.#isWanted = false
      const waits = failures > 0 ? failures : this.#successes
      if (waits > 0) await pause(timers, backOffMs(waits, random.fraction()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const outcome = await this.#try()
      if (outcome === 'refused') return
      failures = outcome === 'done' ? 0 : failures + 1
    }
    const calmDown = (): void => {
      this.#successes = 0
    }
    if (!this.#stop.signal.aborted) this.#cancelQuiet = timers.after(quietMs, calmDown)
  }

  async #try(): Promise<'done' | 'failed' | 'refused'> {
    try {
      await this.#options.work()
      this.#successes += 1
      return 'done'
    } catch (error) {
      if (!isExpectedError(error)) throw error
      if (error instanceof RequestRefusedError && error.isFinal && !this.#stop.signal.aborted) {
        this.#options.onRefused(error)
        return 'refused'
      }
      this.#isWanted = true
      return 'failed'
    }
  }
}

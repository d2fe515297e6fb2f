import { settledOrAborted } from './settled-or-aborted.ts'

/** Counts work that is under way, so that a home is handed over between requests (style.md, principle 10). */
export class InFlight {
  #count = 0
  #idle: PromiseWithResolvers<void> | undefined

  /** Work under way now. */
  get count(): number {
    return this.#count
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1
    try {
      return await work()
    } finally {
      this.#ended()
    }
  }

  /** Resolves once nothing is under way, or when `deadline` aborts. */
  async idle(deadline: AbortSignal): Promise<void> {
    if (this.#count === 0) return
    this.#idle ??= Promise.withResolvers()
    await settledOrAborted(this.#idle.promise, deadline)
  }

  #ended(): void {
    this.#count -= 1
    if (this.#count > 0) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}

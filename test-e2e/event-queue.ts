/** How long a test waits for one event before it fails, in milliseconds; generous, because CI machines are busy. */
export const deadlineMs = 15_000

interface Waiter<T> {
  matches(event: T): boolean
  resolve(event: T): void
  reject(error: Error): void
}

/** Events in arrival order, until somebody asks for them. */
export class EventQueue<T> {
  readonly #waiting: T[] = []
  readonly #waiters = new Set<Waiter<T>>()
  #failure: Error | undefined

  push(event: T): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(event)
      return
    }
    this.#waiting.push(event)
  }

  /** Fails everybody who waits, and who will wait. */
  fail(error: Error): void {
    this.#failure ??= error
    for (const waiter of this.#waiters) waiter.reject(this.#failure)
    this.#waiters.clear()
  }

  /** Takes the first event that matches, and leaves the others; rejects, naming `what`, when none comes in time. */
  async next(what: string, matches: (event: T) => boolean = () => true): Promise<T> {
    const index = this.#waiting.findIndex(matches)
    if (index >= 0) return this.#waiting.splice(index, 1)[0] as T
    if (this.#failure) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const waiter: Waiter<T> = { matches, resolve, reject }
    this.#waiters.add(waiter)
    const deadline = setTimeout(() => {
      this.#waiters.delete(waiter)
      reject(new Error(`no ${what} within ${deadlineMs} ms; unclaimed: ${JSON.stringify(this.#waiting.slice(-20))}`))
    }, deadlineMs)
    try {
      return await promise
    } finally {
      clearTimeout(deadline)
    }
  }

  /** Takes everything that has arrived and that nobody asked for. */
  takeAll(): T[] {
    return this.#waiting.splice(0)
  }
}

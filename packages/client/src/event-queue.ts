/** A consumer let more events wait than the queue holds. */
export class EventOverflowError extends Error {
  override readonly name = 'EventOverflowError'

  constructor() {
    super('events were not taken in time')
  }
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
}

/** Hands events to one consumer in order; bounded, so a consumer that is too slow gets an error instead of our memory. */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #capacity: number
  readonly #onReturn: () => void
  #events: T[] = []
  #waiting: Waiting<T>[] = []
  #end: 'open' | 'ended' | 'overflowed' = 'open'

  /** `onReturn` runs once, when the consumer leaves or the queue ends. */
  constructor(capacity: number, onReturn: () => void) {
    this.#capacity = capacity
    this.#onReturn = onReturn
  }

  push(event: T): void {
    if (this.#end !== 'open') return
    const waiting = this.#waiting.shift()
    if (waiting) waiting.resolve({ done: false, value: event })
    else if (this.#events.length < this.#capacity) this.#events.push(event)
    else {
      this.#events = []
      this.#finish('overflowed')
    }
  }

  /** What was pushed before is still handed out. */
  end(): void {
    if (this.#end === 'open') this.#finish('ended')
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const event = this.#events.shift()
    if (event !== undefined) return { done: false, value: event }
    if (this.#end === 'overflowed') throw new EventOverflowError()
    if (this.#end === 'ended') return { done: true, value: undefined }
    return await new Promise((resolve) => this.#waiting.push({ resolve }))
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#events = []
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #finish(how: 'ended' | 'overflowed'): void {
    this.#end = how
    this.#onReturn()
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined })
  }
}

/**
 * Lets work of one key run one after the other. Work that answers at once takes no turn unless somebody is in front of it.
 */
export class Turns {
  /** Promises that never reject. */
  readonly #tails: Map<string, Promise<void>> = new Map()

  take<T>(key: string, work: () => T | Promise<T>): T | Promise<T> {
    const tail = this.#tails.get(key)
    const result = tail ? tail.then(work) : work()
    return result instanceof Promise ? this.#follow(key, result) : result
  }

  #follow<T>(key: string, result: Promise<T>): Promise<T> {
    const done = () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
    const tail: Promise<void> = result.then(done, done)
    this.#tails.set(key, tail)
    return result
  }
}

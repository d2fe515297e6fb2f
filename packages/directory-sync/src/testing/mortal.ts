/** The process that is meant to end has ended. */
export class DeathError extends Error {
  override readonly name = 'DeathError'
}

/** A process that lives for so many calls of what it stands on, and does nothing more after them. */
export class Mortal {
  #left: number
  readonly #isLastDone: boolean

  /** With `isLastDone` the last call is done, and its answer lost; else it never arrives. */
  constructor(calls: number, { isLastDone }: { readonly isLastDone: boolean }) {
    this.#left = calls
    this.#isLastDone = isLastDone
  }

  /** Whether it has not come to its end. */
  get isAlive(): boolean {
    return this.#left > 0
  }

  /** The same object, as this process reaches it. */
  reach<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (...args: unknown[]) => this.#call(() => value.apply(target, args)) : value
      },
    })
  }

  #call(work: () => unknown): unknown {
    this.#left -= 1
    if (this.#left > 0) return work()
    const result = this.#left === 0 && this.#isLastDone ? work() : undefined
    const end = Promise.resolve(result).then((): never => {
      throw new DeathError()
    })
    // What gives entries one by one ends in the same way.
    return Object.assign(end, { [Symbol.asyncIterator]: () => ({ next: () => end }) })
  }
}

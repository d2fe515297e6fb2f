/**
 * One value that the server keeps, as far as its clients can know it: the one last acknowledged or, when the server died over
 * a write, either that or the written one.
 */
export class Fact<T> {
  readonly #what: string
  #possible: readonly T[]

  constructor(what: string, value: T) {
    this.#what = what
    this.#possible = [value]
  }

  /** The value to go on with; after `observe` it is the only one. */
  get value(): T {
    return this.#possible[0] as T
  }

  /** Writes; when `send` rejects, nobody knows whether it has happened. */
  async write(value: T, send: () => Promise<unknown>): Promise<void> {
    this.#possible = [...this.#possible, value]
    await send()
    this.#possible = [value]
  }

  /** Takes what the server says now. Throws when it is none of the possible values: a write was lost, or one came from nowhere. */
  observe(found: T): void {
    if (!this.#possible.includes(found)) {
      throw new Error(`${this.#what} is ${found}, but only possible: ${this.#possible.join(' | ')}`)
    }
    this.#possible = [found]
  }
}

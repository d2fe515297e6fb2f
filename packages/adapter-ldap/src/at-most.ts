/** Lets work run side by side, but no more of it at one time than is good; the rest waits in the order that it came. */
export class AtMost {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Who waits takes the place over.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}

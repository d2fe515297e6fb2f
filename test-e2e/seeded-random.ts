/** Numbers that are the same in each run of one seed (mulberry32): what fails can be played again. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to, but without, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, but without, `bound`. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  /** One of some; undefined when there is none. */
  pick<T>(some: readonly T[]): T | undefined {
    return some[this.below(some.length)]
  }

  /** A generator of its own for one part of the script, so that parts do not disturb each other. */
  fork(): SeededRandom {
    return new SeededRandom(this.below(2 ** 31))
  }
}

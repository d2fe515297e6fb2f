/** Numbers that look random and are the same for the same seed (mulberry32); for data of tests only. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** 32 bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** From 0 up to, but not, 1. */
  share(): number {
    return this.bits() / 2 ** 32
  }

  /** From 0 to `count - 1`, each as often. */
  below(count: number): number {
    return Math.floor(this.share() * count)
  }

  /** From 0 to `count - 1`, the small ones often: as names, places and departments are spread. */
  rank(count: number): number {
    return Math.floor(this.share() ** 1.5 * count)
  }
}

/** Numbers below `count`, of which each comes as often as its rank says (Zipf, exponent 1): a few all the time, most hardly ever. */
export class Zipf {
  readonly #sums: Float64Array

  constructor(count: number) {
    this.#sums = new Float64Array(count)
    let sum = 0
    for (let at = 0; at < count; at++) {
      sum += 1 / (at + 1)
      this.#sums[at] = sum
    }
  }

  next(): number {
    const wanted = Math.random() * (this.#sums.at(-1) ?? 0)
    let low = 0
    let high = this.#sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

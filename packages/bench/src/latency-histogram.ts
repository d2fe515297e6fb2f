const stepMs = 0.01
const steps = 100_000

/** Latencies in steps of 10 µs up to a second; whatever takes longer counts as a second. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(steps)
  #total = 0

  add(ms: number): void {
    const step = Math.min(steps - 1, Math.max(0, Math.floor(ms / stepMs)))
    this.#counts[step] = (this.#counts[step] ?? 0) + 1
    this.#total += 1
  }

  get total(): number {
    return this.#total
  }

  /** The latency that the share `part` of all do not exceed, in milliseconds. */
  percentile(part: number): number {
    let left = this.#total * part
    for (let step = 0; step < steps; step++) {
      left -= this.#counts[step] ?? 0
      if (left <= 0) return (step + 1) * stepMs
    }
    return steps * stepMs
  }
}

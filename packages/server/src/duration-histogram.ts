/** Upper bounds of the buckets, in seconds; the last one has none. */
const boundsSeconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

interface Tally {
  /** How many fell into each bucket, and above all bounds. */
  readonly counts: Float64Array
  sumMs: number
}

/** How long things took, by one label: plain numbers, made into Prometheus' text when somebody asks. */
export class DurationHistogram {
  readonly #name: string
  readonly #help: string
  readonly #label: string
  readonly #tallies = new Map<string, Tally>()

  constructor(name: string, help: string, label: string) {
    this.#name = name
    this.#help = help
    this.#label = label
  }

  /** `value` is one of a fixed set that needs no escaping; a clock that was set back makes no time negative. */
  observe(value: string, durationMs: number): void {
    const tally = this.#tallies.get(value) ?? this.#add(value)
    const ms = Math.max(0, durationMs)
    let index = 0
    while (index < boundsSeconds.length && ms > (boundsSeconds[index] ?? 0) * 1000) index += 1
    tally.counts[index] = (tally.counts[index] ?? 0) + 1
    tally.sumMs += ms
  }

  /** The exposition text. */
  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`]
    for (const [value, { counts, sumMs }] of this.#tallies) {
      const label = `${this.#label}="${value}"`
      let count = 0
      for (const [index, inBucket] of counts.entries()) {
        count += inBucket
        lines.push(`${this.#name}_bucket{${label},le="${boundsSeconds[index] ?? '+Inf'}"} ${count}`)
      }
      lines.push(`${this.#name}_sum{${label}} ${sumMs / 1000}`, `${this.#name}_count{${label}} ${count}`)
    }
    return `${lines.join('\n')}\n`
  }

  #add(value: string): Tally {
    const tally = { counts: new Float64Array(boundsSeconds.length + 1), sumMs: 0 }
    this.#tallies.set(value, tally)
    return tally
  }
}

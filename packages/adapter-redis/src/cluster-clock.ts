import type { Clock } from '@parley/domain'
import type { RedisCondition } from './redis-events.ts'

/** Who tells the time, a `RedisConnection`. */
interface TimeServer {
  /** Milliseconds since 1970. Rejects when it cannot be asked. */
  time(): Promise<number>
  readonly condition: RedisCondition
}

const measureEveryMs = 30_000
const samples = 5
/** Larger corrections are made at once, smaller ones at a tenth of the pace of time, so that time never runs backwards. */
const jumpMs = 1000
const slewRate = 0.1
const toleratedMs = 5000
const problemName = 'clock'

interface Sample {
  /** What Redis' clock shows more than `elapsed`. */
  readonly offsetMs: number
  /** By how much that may be wrong. */
  readonly doubtMs: number
}

/**
 * Time as Redis tells it, so that all processes of a cluster agree whatever their machines' clocks show. While Redis is away it goes on
 * by the machine's count of elapsed time.
 */
export class ClusterClock implements Clock, AsyncDisposable {
  readonly #base: Clock
  readonly #server: TimeServer
  /** What this clock shows more than `elapsed`: `from` at `since`, on its way to `target`. */
  #from: number
  #since: number
  #target: number
  #measuredOnce = false
  #closed = false
  #cancelTimer: () => void = () => undefined
  /** Never rejects. */
  #work: Promise<void> = Promise.resolve()

  private constructor(server: TimeServer, base: Clock) {
    this.#server = server
    this.#base = base
    this.#from = base.now() - base.elapsed()
    this.#since = base.elapsed()
    this.#target = this.#from
  }

  /** Measures once, and every 30 seconds from then on. Rejects when Redis does not tell the time (UnavailableError). */
  static async start(server: TimeServer, base: Clock): Promise<ClusterClock> {
    const clock = new ClusterClock(server, base)
    await clock.#measure()
    clock.#schedule()
    return clock
  }

  now(): number {
    return Math.floor(this.#base.elapsed() + this.#offset())
  }

  elapsed(): number {
    return this.#base.elapsed()
  }

  after(delayMs: number, work: () => void): () => void {
    return this.#base.after(delayMs, work)
  }

  /** Stops measuring; the clock goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#cancelTimer()
    await this.#work
  }

  #offset(): number {
    const most = (this.#base.elapsed() - this.#since) * slewRate
    return this.#from + Math.max(-most, Math.min(most, this.#target - this.#from))
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancelTimer = this.#base.after(measureEveryMs, () => {
      // Redis is away: the last offset serves on, and the connection has told of it.
      this.#work = this.#measure()
        .catch(() => undefined)
        .then(() => this.#schedule())
    })
  }

  async #measure(): Promise<void> {
    let best = await this.#sample()
    for (let more = 1; more < samples; more++) {
      const sample = await this.#sample()
      if (sample.doubtMs < best.doubtMs) best = sample
    }
    this.#follow(best)
    this.#compare(best)
  }

  async #sample(): Promise<Sample> {
    const asked = this.#base.elapsed()
    const time = await this.#server.time()
    const doubtMs = (this.#base.elapsed() - asked) / 2
    return { offsetMs: time - (asked + doubtMs), doubtMs }
  }

  #follow({ offsetMs, doubtMs }: Sample): void {
    const now = this.#offset()
    const wrongBy = offsetMs - now
    const jumps = !this.#measuredOnce || Math.abs(wrongBy) >= jumpMs
    this.#measuredOnce = true
    this.#from = jumps ? offsetMs : now
    this.#since = this.#base.elapsed()
    // A difference within the doubt is none.
    this.#target = jumps || Math.abs(wrongBy) > doubtMs ? offsetMs : now
  }

  #compare({ offsetMs, doubtMs }: Sample): void {
    const differenceMs = Math.abs(this.#base.now() - this.#base.elapsed() - offsetMs)
    const { condition } = this.#server
    if (differenceMs <= toleratedMs + doubtMs) condition.over(problemName)
    else {
      condition.problem(
        problemName,
        `this machine's clock differs from that of Redis by ${Math.round(differenceMs / 1000)} s: set up NTP on both; until then Parley goes by Redis'`,
      )
    }
  }
}

import type { LogicalUrl } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { Rename } from './renames.ts'

/** Over so many renames a name is followed. */
const mostHops = 16

/** The renames that a process knows of, as long as old URLs lead to the new ones. */
export class FreshRenames {
  readonly #clock: Pick<Clock, 'now'>
  readonly #latest = new Map<LogicalUrl, Rename>()
  /** URLs that nodes are given once earlier renames have been carried out; until then nobody may begin a node there. */
  coming: ReadonlySet<LogicalUrl> = new Set()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#latest.size === 0
  }

  add(renames: readonly Rename[]): void {
    const now = this.#clock.now()
    for (const [from, { until }] of this.#latest) if (until <= now) this.#latest.delete(from)
    for (const rename of renames) {
      // NOTE: at the end, however often it was renamed before; who has got its old URL back is not renamed any more.
      this.#latest.delete(rename.to)
      if (rename.until > now) this.#latest.set(rename.from, rename)
    }
  }

  /** Where a node is that had this URL; the URL itself unless it was given up lately. */
  now(url: LogicalUrl): LogicalUrl {
    let [at, after] = [url, Number.NEGATIVE_INFINITY]
    for (let hops = 0; hops < mostHops; hops++) {
      const next = this.#latest.get(at)
      if (!next || next.sequence <= after || next.until <= this.#clock.now()) break
      at = next.to
      after = next.sequence
    }
    return at
  }

  /** Whether the URL was given up lately. */
  has(url: LogicalUrl): boolean {
    return this.now(url) !== url
  }
}

import type { Clock } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import type { LogicalUrl } from '@parley/protocol'

/** Requests of one node that are under way. */
interface Passing {
  changing: number
  other: number
}

/** Knows which nodes have requests under way, and holds new ones back from a node that is about to leave. */
export class NodeGate {
  readonly #passing = new Map<LogicalUrl, Passing>()
  /** Closed nodes, and whom to tell when a request of one is done. */
  readonly #closed = new Map<LogicalUrl, () => void>()
  readonly #underWay = new Set<Promise<unknown>>()

  /** Does the work of a request; rejects with NotHeldError, and does nothing, while the node is about to leave. */
  async pass<T>(node: LogicalUrl, { changes }: { changes: boolean }, work: () => Promise<T>): Promise<T> {
    if (this.#closed.has(node)) throw new NotHeldError()
    const passing = this.#passing.get(node) ?? { changing: 0, other: 0 }
    this.#passing.set(node, passing)
    const kind = changes ? 'changing' : 'other'
    passing[kind] += 1
    const working = work()
    this.#underWay.add(working)
    try {
      return await working
    } finally {
      this.#underWay.delete(working)
      passing[kind] -= 1
      if (passing.changing + passing.other === 0) this.#passing.delete(node)
      this.#closed.get(node)?.()
    }
  }

  /**
   * Lets nothing more in until `open`. Resolves once nothing is under way or the time is over; with whether nothing that
   * changes the node still is.
   */
  async close(node: LogicalUrl, { clock, limitMs }: { clock: Clock; limitMs: number }): Promise<boolean> {
    const idle = Promise.withResolvers<void>()
    const cancel = clock.after(limitMs, idle.resolve)
    const check = (): void => {
      if (!this.#passing.has(node)) idle.resolve()
    }
    this.#closed.set(node, check)
    check()
    await idle.promise
    cancel()
    return !this.#passing.get(node)?.changing
  }

  /** Resolves once every request is done that is under way now, of whichever node. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  /** Whether requests of the node are under way. */
  isPassing(node: LogicalUrl): boolean {
    return this.#passing.has(node)
  }

  isClosed(node: LogicalUrl): boolean {
    return this.#closed.has(node)
  }

  open(node: LogicalUrl): void {
    this.#closed.delete(node)
  }
}

import type { LogicalUrl } from '@parley/protocol'

/** Changes that are remembered: several minutes of a busy home. */
const remembered = 8192

/** The last changes of a home's nodes, numbered (HomeBeat.change). */
export class RemoteChanges {
  readonly #capacity: number
  readonly #ring: LogicalUrl[] = []
  #last = 0

  constructor(capacity = remembered) {
    this.#capacity = capacity
  }

  /** Number of the last change; 0 before the first one. */
  get last(): number {
    return this.#last
  }

  add(node: LogicalUrl): void {
    this.#ring[this.#last % this.#capacity] = node
    this.#last += 1
  }

  /** The nodes that changed after `change`; undefined when that is not remembered any more, or was never reached. */
  since(change: number): ReadonlySet<LogicalUrl> | undefined {
    if (change < 0 || change > this.#last || this.#last - change > this.#capacity) return undefined
    const nodes = new Set<LogicalUrl>()
    for (let number = change; number < this.#last; number++) {
      const node = this.#ring[number % this.#capacity]
      if (node !== undefined) nodes.add(node)
    }
    return nodes
  }
}

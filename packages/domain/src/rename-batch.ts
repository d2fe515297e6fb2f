import type { LogicalUrl } from '@parley/protocol'
import type { Rename } from './renames.ts'

/**
 * Renames that are carried out together. None of them leads to a URL that another one of them left before, so that doing all of it again
 * changes nothing.
 */
export class RenameBatch {
  /** Of the last of them. */
  readonly sequence: number
  readonly renames: readonly Rename[]
  readonly #targets = new Map<LogicalUrl, LogicalUrl>()

  /** The first ones of `renames`, which are in the order of their sequence; at least one of them. */
  constructor(renames: readonly [Rename, ...Rename[]]) {
    const left = new Set<LogicalUrl>()
    const end = renames.findIndex(({ from, to }) => {
      left.add(from)
      return left.has(to)
    })
    const taken = end < 1 ? renames : renames.slice(0, end)
    this.renames = taken
    this.sequence = (taken.at(-1) ?? renames[0]).sequence
    for (const { from, to } of taken.toReversed()) this.#targets.set(from, this.#targets.get(to) ?? to)
  }

  /** Every URL that a node has left, with the one that it has in the end. */
  get targets(): ReadonlyMap<LogicalUrl, LogicalUrl> {
    return this.#targets
  }

  /** The URL of the node that had this one before. */
  now(url: LogicalUrl): LogicalUrl {
    return this.#targets.get(url) ?? url
  }
}

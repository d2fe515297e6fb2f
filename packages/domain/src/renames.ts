import type { LogicalUrl } from '@parley/protocol'

/** A user or group has got another URL: its alias changed, or its IM domain did. */
export interface Rename {
  /** Grows with each rename of the cluster; renames take effect in this order. */
  readonly sequence: number
  readonly from: LogicalUrl
  readonly to: LogicalUrl
  /** Milliseconds since 1970: until then `from` is answered with 302, and nobody else is given it. */
  readonly until: number
}

/**
 * Renames of nodes. Whoever holds records that name the old URL rewrites them once, in the order of the sequence, and remembers how far
 * it came. Rejects with UnavailableError.
 */
export interface Renames {
  /** Where the node has gone, over several renames if need be; undefined when it was not renamed, or long ago. A synchronous answer is the fast path of a cache. */
  find(node: LogicalUrl): LogicalUrl | undefined | Promise<LogicalUrl | undefined>
  /** Renames after `sequence`, oldest first; those that ended long ago may be missing. */
  since(sequence: number): Promise<readonly Rename[]>
  /** Calls `listener` when there may be new ones; returns how to stop. */
  onChange(listener: () => void): () => void
}

/** The side that only `parley sync` writes. */
export interface RenameWriter {
  /**
   * Gives the nodes their new URLs: enters the new one in the map as the old one was (home, names), records the rename, and takes
   * the old one out of the map, in this order, each repeatable. Resolves once watchers of `onChange` were told.
   */
  rename(
    renames: readonly { readonly from: LogicalUrl; readonly to: LogicalUrl; readonly until: number }[],
  ): Promise<void>
}

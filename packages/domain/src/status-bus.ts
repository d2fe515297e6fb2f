import type { LogicalUrl, PresenceState } from '@parley/protocol'

/** A change of a presentity, published once whatever the number of its watchers (design.md, flow 3). */
export interface StatusChange {
  readonly node: LogicalUrl
  readonly epoch: number
  /** Grows by one with each change of the node within an epoch: a hole means that something was lost. */
  readonly sequence: number
  readonly state: PresenceState
}

/** Publishes presentities' changes to whoever watches them. */
export interface StatusBus {
  publish(change: StatusChange): void
  /** Calls `listener` for each change of `node` from now on; returns how to stop. */
  watch(node: LogicalUrl, listener: (change: StatusChange) => void): () => void
}

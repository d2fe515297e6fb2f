import type { LogicalUrl, PresenceState } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import type { Epoch } from './node-store.ts'

/** A change of a presentity, published once whatever the number of its watchers (design.md, flow 3). */
export interface StatusChange {
  readonly node: LogicalUrl
  readonly epoch: Epoch
  /** Grows by one with each change of the node within an epoch: a hole means that something was lost. */
  readonly sequence: number
  readonly state: PresenceState
  /** The span that published it (W3C traceparent), when it is part of a trace. */
  readonly trace?: string
}

/**
 * What a home says to another one every second or two while that one's users watch nodes of it: how many changes it should
 * have heard by now. The bus brings it after the changes that it counts.
 */
export interface HomeBeat {
  readonly from: HomeName
  readonly epoch: Epoch
  /** Changes published in this epoch that `to` watched. */
  readonly published: number
  /** Number of the last change of any node of the home (HomePeers.changesSince). */
  readonly change: number
}

/** Publishes presentities' changes to whoever watches them. It may lose messages, e.g. while it reconnects; it never waits, and never throws. */
export interface StatusBus {
  publish(change: StatusChange): void
  /** Calls `listener` for each change of `node` from now on; returns how to stop. */
  watch(node: LogicalUrl, listener: (change: StatusChange) => void): () => void
  /** Sends a beat to one home; it comes after every change that was published before. */
  beat(to: HomeName, beat: HomeBeat): void
  /** Calls `listener` for each beat to `home` from now on; returns how to stop. */
  onBeat(home: HomeName, listener: (beat: HomeBeat) => void): () => void
  /** Calls `listener` when messages to this process may have been lost: after a reconnect, or because it was too slow. */
  onLoss(listener: () => void): () => void
}

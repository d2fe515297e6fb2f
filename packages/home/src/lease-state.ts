import type { Epoch } from '@parley/domain'

/** What a holder knows about its lease; times are those of `Clock.elapsed`. */
export interface LeaseState {
  readonly epoch: Epoch
  /** From then on, what it knows is too old to serve by. */
  readonly serveUntil: number
  /** Somebody else took the home since. */
  readonly lost: boolean
}

/** What became of a renewal; `unanswered` when the store of leases could not be reached. */
export type RenewalOutcome = 'kept' | 'lost' | 'unanswered'

/** The lease of somebody who asked for it at `sentAt` and got it. */
export function leaseTaken(epoch: Epoch, sentAt: number, lifetimeMs: number): LeaseState {
  return { epoch, serveUntil: sentAt + lifetimeMs, lost: false }
}

/**
 * The lease after a renewal that was sent at `sentAt`. One that nobody answered counts like one that was kept: while the store
 * is away, a holder serves from memory, and the store refuses its writes should somebody else have taken the home. Both count
 * from when they were sent, never from when they were heard of: a process may have been stopped in between.
 */
export function leaseRenewed(
  state: LeaseState,
  outcome: RenewalOutcome,
  sentAt: number,
  lifetimeMs: number,
): LeaseState {
  if (outcome === 'lost') return { ...state, lost: true }
  return { ...state, serveUntil: Math.max(state.serveUntil, sentAt + lifetimeMs) }
}

/**
 * Whether the holder may serve. A process that was stopped for longer than the lease may not, until a renewal that it sent
 * after waking up was answered or failed: its timers may fire after the first request is read.
 */
export function mayServe({ lost, serveUntil }: LeaseState, now: number): boolean {
  return !lost && now < serveUntil
}

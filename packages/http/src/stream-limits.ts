/** Bounds of streams (docs/protocol/streams.md). */
export interface StreamLimits {
  readonly heartbeatMs: number
  /** How long a device may be away before it counts as unreachable. */
  readonly graceMs: number
  /** How long a sender waits for the acknowledgement. */
  readonly acknowledgeMs: number
  /** How long a device may leave anything unacknowledged before its stream is cut: between this and twice as long. */
  readonly silenceMs: number
  /** Events that are kept for a resume. */
  readonly replayed: number
  /** UTF-16 units that are kept for a resume. */
  readonly replayedLength: number
  /** Notifications that wait for one device; more than the contacts of a user. */
  readonly waiting: number
  /** UTF-16 units that wait for one device. */
  readonly waitingLength: number
  /** Bytes that a device may be slow to take before we stop writing. */
  readonly pendingBytes: number
  /** How long it may take none of them before its stream is cut. */
  readonly stuckMs: number
}

export const defaultStreamLimits: StreamLimits = {
  heartbeatMs: 25_000,
  graceMs: 30_000,
  acknowledgeMs: 10_000,
  silenceMs: 60_000,
  replayed: 256,
  replayedLength: 512 * 1024,
  waiting: 512,
  waitingLength: 1024 * 1024,
  pendingBytes: 256 * 1024,
  stuckMs: 15_000,
}

/** What requests to other processes of the cluster may cost; the numbers of requests and connections are for one process each. */
export interface ClusterClientLimits {
  readonly connectMs: number
  /** Longest wait for the answer to a NOTIFY, whose sender waits for devices, and to the move of a node. */
  readonly deliveryMs: number
  /** Longest wait for the answer to any other call. */
  readonly callMs: number
  /** Longest wait for any other answer. */
  readonly answerMs: number
  /** Connections for PROPFIND and SUBSCRIPTIONS, which homes answer from memory. */
  readonly readConnections: number
  /** Reads that may be under way on one connection. */
  readonly pipelining: number
  /** Connections for what homes store before they answer, and for calls. */
  readonly writeConnections: number
  /** Connections for NOTIFY. */
  readonly deliveryConnections: number
  readonly streams: number
  /** Requests that wait until one of these connections is free, for each kind of them. */
  readonly waiting: number
  /** Longest wait for that. */
  readonly waitMs: number
  /** How long a connection is kept that nobody uses; less than the listener's idleMs. */
  readonly idleMs: number
  /** A stream that is silent for so long is cut: longer than the heartbeats of homes. */
  readonly streamSilenceMs: number
  /** Bytes of a stream that its client may be slow to take before we read no more of them. */
  readonly pendingBytes: number
  /** Body of an answer to a client. */
  readonly answerBytes: number
  /** Body of the answer to a call. */
  readonly callAnswerBytes: number
}

/** Fits a few thousand users a process. */
export const defaultClusterClientLimits: ClusterClientLimits = {
  connectMs: 1_000,
  deliveryMs: 30_000,
  callMs: 5_000,
  answerMs: 10_000,
  readConnections: 8,
  pipelining: 8,
  writeConnections: 64,
  deliveryConnections: 256,
  streams: 20_000,
  waiting: 1_024,
  waitMs: 5_000,
  idleMs: 60_000,
  streamSilenceMs: 90_000,
  pendingBytes: 64 * 1024,
  answerBytes: 1024 * 1024,
  callAnswerBytes: 8 * 1024 * 1024,
}

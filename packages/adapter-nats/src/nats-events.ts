/** What the bus tells of its connection, for the log and the metrics. No text holds a secret. */
export interface NatsEvents {
  /** Connected, and every watch of this process is in effect at the server. */
  connected(server: string): void
  /** The connection ended; the next one is being made. */
  disconnected(detail: string): void
  /** Why there is no connection, and what to change: once, until it is another reason or until it heals. */
  problem(detail: string): void
  /** At most so many messages of ours did not reach the servers; told when a connection is there again. */
  lost(count: number): void
  /** Somebody sent what no process of ours sends; it was dropped. NOTE: can be frequent, so count it. */
  malformed(subject: string): void
  /** A listener failed: a bug of ours, which costs nobody else a message. */
  backgroundFailed(what: string, err: unknown): void
}

/** For those who do not listen. */
export const silentNatsEvents: NatsEvents = {
  connected() {},
  disconnected() {},
  problem() {},
  lost() {},
  malformed() {},
  backgroundFailed() {},
}

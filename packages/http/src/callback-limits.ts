/** Bounds of deliveries to callback inboxes. */
export interface CallbackLimits {
  /** Longest wait for a device to take a connection. */
  readonly connectMs: number
  /** Longest wait for an answer once connected, and longest time that a delivery waits in all. */
  readonly answerMs: number
  /** How long a connection is kept that a client asked us to keep. */
  readonly idleMs: number
  /** How long a device may take to close after its answer. */
  readonly closingMs: number
  /** Connections that are being made, asked or closed at one time, over all devices. */
  readonly connections: number
  /** Connections kept idle for clients that ask for it, over all devices. */
  readonly keptConnections: number
  /** Notifications that wait for one device; more than the contacts of a user. */
  readonly waiting: number
  /** UTF-16 units that wait for one device. */
  readonly waitingLength: number
  /** From the first success after a loss until the owner hears `reset`; also the least time between two of them. */
  readonly resetMs: number
}

/** Fits devices on a LAN, and leaves 512 unreachable ones no more than half the sockets of a small system. */
export const defaultCallbackLimits: CallbackLimits = {
  connectMs: 5_000,
  answerMs: 10_000,
  idleMs: 30_000,
  closingMs: 1_000,
  connections: 512,
  keptConnections: 8_192,
  waiting: 512,
  waitingLength: 1024 * 1024,
  resetMs: 2_000,
}

/** One NOTIFY for one device. */
export interface Delivery {
  /** The whole XML body, in the form that real clients demand (client-facts §5, 14 to 18 and 29 to 33). */
  readonly body: string
  /** `body` as a JSON string, from writers that have it at little cost: others make it when they need it. */
  readonly json?: string
  /** RVP-Hop-Count to send. */
  readonly hops: number
  /**
   * Present for notifications whose newest version makes older ones worthless, such as a presentity's state: a waiting
   * older one of the same key is replaced.
   */
  readonly supersedes?: string
}

/**
 * What became of a delivery that its sender waits for. `left` is a device that answered 500: its user has left the
 * conversation (RVP §8); `refused` is one that gave any other answer but a 2xx; `nobody` is a group's member without a device,
 * or who blocks the sender: nothing went wrong. After `moved` nobody knows: the home was taken or handed over while the device was
 * being told. `held` was told to nobody: the home is about to be handed over.
 */
export type DeliveryOutcome =
  | 'delivered'
  | 'left'
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'overflow'
  | 'closed'
  | 'moved'
  | 'held'
  | 'nobody'

/**
 * Where one device is reached: a callback listener, or a stream. Deliveries arrive in the order of the calls, each at most
 * once; what waits is bounded in count and in time.
 */
export interface Inbox {
  /** Hands over a notification nobody waits for. Never throws. */
  post(delivery: Delivery): void
  /** Hands over a notification and tells whether the device took it; never rejects, always settles within the time limit. */
  deliver(delivery: Delivery): Promise<DeliveryOutcome>
  /**
   * Takes no more messages: those that were not sent, and those to come, are `held` at once, so that they can be sent to the
   * next server; what the device was told already may still be answered. Notifications that nobody waits for, or that a newer
   * one may supersede, go on. `close` follows.
   */
  hold(): void
  /**
   * Drops what waits (as `closed`, or `moved`) and frees all; calling it again is harmless. `moved`: the device is not told that
   * it is over, since it will be served elsewhere, or later; what it is being told just now may still be answered, and frees the
   * rest then.
   */
  close(why?: 'moved'): void
}

/** What an inbox tells its owner about the device. */
export interface InboxEvents {
  /** A delivery, probe or reconnect succeeded. */
  reachable(): void
  /** The device could not be reached: `refused` for a closed port (somebody is there, and no client), else `silent`. */
  unreachable(how: 'refused' | 'silent'): void
  /** Notifications may have been lost on the way to this device: it must be told the state of all it watches again. */
  reset(): void
}

/** Makes the inbox of a delivery target; the edge supplies it to the home. */
export interface InboxFactory {
  callback(target: { host: string; address: string; port: number; path: string }, events: InboxEvents): ProbingInbox
  stream(token: string, events: InboxEvents): Inbox
}

/** An inbox that can be asked whether somebody still listens there, without delivering anything. */
export interface ProbingInbox extends Inbox {
  /** Connects and closes; the answer comes as `InboxEvents`, too. */
  probe(): Promise<boolean>
}

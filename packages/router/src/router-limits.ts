/** Bounds of what a router does for requests whose home is away. */
export interface RouterLimits {
  /** How long a request waits for the next holder of its home, in milliseconds; an attempt that is under way then goes on. */
  readonly maxWaitMs: number
  /** How often a request is sent at most. */
  readonly maxAttempts: number
  /** Requests that wait at once, for one home and for all, and the bytes of their bodies. */
  readonly maxHeldPerHome: number
  readonly maxHeld: number
  readonly maxHeldBytes: number
  /** RVP-Hop-Count above which a request is taken for a loop (RVP §7.2). */
  readonly maxHops: number
}

export const defaultRouterLimits: RouterLimits = {
  maxWaitMs: 10_000,
  maxAttempts: 20,
  maxHeldPerHome: 1_000,
  maxHeld: 10_000,
  maxHeldBytes: 67_108_864,
  maxHops: 10,
}

/** Delays, as a port; the domain's clocks fit it. */
export interface Timers {
  /** Runs `work` once after `delayMs`; the returned function takes it back and may be called at any time. */
  after(delayMs: number, work: () => void): () => void
}

/** The platform's timers. */
export const platformTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, Math.min(delayMs, 2_147_483_647))
    return () => clearTimeout(timer)
  },
}

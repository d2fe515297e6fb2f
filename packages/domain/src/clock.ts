/** Time, as a port: nobody else reads the system's clock. */
export interface Clock {
  /** Milliseconds since 1970; may jump when the administrator sets the clock. */
  now(): number
  /** Milliseconds since some moment, for measuring intervals: goes on while the process is stopped, and never jumps. */
  elapsed(): number
  /** Runs `work` once after `delayMs`; the returned function takes it back and may be called at any time. */
  after(delayMs: number, work: () => void): () => void
}

/** The system's clock; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, work) {
    const timer = setTimeout(work, Math.min(delayMs, 2_147_483_647))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

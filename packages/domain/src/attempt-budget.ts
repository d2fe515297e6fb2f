/** Whether a password may be tried against the directory now. */
export type Attempt =
  | { readonly kind: 'allowed' }
  /**
   * Too many have been wrong: nobody asks the directory until then. It is a second as long as tries stand in the way that may still be
   * given back.
   */
  | { readonly kind: 'refused'; readonly retryAfterSeconds: number }

/** How many wrong passwords an account may cost the directory: always below the directory's own lockout. */
export interface AttemptLimits {
  /** Wrong tries of an account, from all edges and addresses together. */
  readonly perAccount: number
  /** The same from one client address: less, so that one device with an old password leaves tries for the others. */
  readonly perAddress: number
  /**
   * An account's tries are forgotten together, this long after the last one; a directory counts so. Longer than the directory's own
   * observation window by as much as a check may take.
   */
  readonly windowMs: number
}

/** How long checks take. */
export interface AttemptTimes {
  /** Most are done by then: what is younger may yet be given back. */
  readonly pendingMs: number
  /** All are done by then, or given up: what is older than that is known to the directory. */
  readonly settledMs: number
}

export const defaultAttemptTimes: AttemptTimes = { pendingMs: 3_000, settledMs: 60_000 }

/**
 * Tries of passwords against a directory, counted by all edges together (promise 7). A try is taken before the directory is asked, so
 * that edges which ask at the same time cannot overrun the limit.
 */
export interface AttemptBudget {
  /** Takes a try. Rejects with UnavailableError when it cannot be counted: then the directory must not be asked. */
  take(account: string, address: string, limits: AttemptLimits): Promise<Attempt>
  /**
   * The try that this address took last was right, or was not checked at all: it is given back. A right one also ends the account's
   * wrong ones, as the directory does; but only those that were settled when it was taken, as the directory may count the others after it.
   */
  giveBack(account: string, address: string, why: 'right' | 'not-checked'): Promise<void>
}

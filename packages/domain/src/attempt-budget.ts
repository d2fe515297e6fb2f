/** Whether a password may be tried against the directory now. */
export type Attempt =
  | { readonly kind: 'allowed' }
  /** Somebody has tried too often: nobody asks the directory until then. */
  | { readonly kind: 'refused'; readonly retryAfterSeconds: number }

/** How many wrong passwords an account may cost the directory: always below the directory's own lockout. */
export interface AttemptLimits {
  /** Wrong tries of an account, from all edges and addresses together, within the window. */
  readonly perAccount: number
  /** The same from one client address: less, so that one device with an old password leaves tries for the others. */
  readonly perAddress: number
  /** At least as long as the directory's own observation window. */
  readonly windowMs: number
}

/**
 * Tries of passwords against a directory, counted by all edges together (promise 7). A try is taken before the directory is asked, so
 * that edges which ask at the same time cannot overrun the limit.
 */
export interface AttemptBudget {
  /** Takes a try. Rejects with UnavailableError when it cannot be counted: then the directory must not be asked. */
  take(account: string, address: string, limits: AttemptLimits): Promise<Attempt>
  /** The try that was taken last was right, or was not checked at all: it is given back; a right one also ends the account's wrong ones, as the directory does. */
  giveBack(account: string, address: string, why: 'right' | 'not-checked'): Promise<void>
}

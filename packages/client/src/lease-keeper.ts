import { isExpectedError } from './client-error.ts'
import type { Timers } from './timers.ts'

/** Asks for a lease again; resolves with the lifetime granted, in seconds. */
export type Renewal = () => Promise<number>

interface Kept {
  readonly renew: Renewal
  cancel: () => void
}

/** Exchange's client renews about five minutes before the end; too long for short leases. */
const earlySeconds = 300
const retrySeconds = 30

/**
 * Renews leases while they still run, or watchers may see a false logoff and logon (RVP §5.5.2). A renewal that fails is
 * repeated, so a server that was away finds its clients again; whoever renews says `drop` when there is nothing left to renew.
 */
export class LeaseKeeper {
  readonly #timers: Timers
  readonly #kept = new Map<string, Kept>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Keeps the lease `key`, which runs for `lifetimeSeconds` from now, in place of an older one of that name. */
  keep(key: string, lifetimeSeconds: number, renew: Renewal): void {
    this.drop(key)
    const kept: Kept = { renew, cancel: () => undefined }
    this.#kept.set(key, kept)
    this.#schedule(key, kept, renewalDelaySeconds(lifetimeSeconds))
  }

  drop(key: string): void {
    this.#kept.get(key)?.cancel()
    this.#kept.delete(key)
  }

  dropAll(): void {
    for (const key of [...this.#kept.keys()]) this.drop(key)
  }

  #schedule(key: string, kept: Kept, delaySeconds: number): void {
    kept.cancel = this.#timers.after(delaySeconds * 1000, () => void this.#renew(key, kept))
  }

  async #renew(key: string, kept: Kept): Promise<void> {
    const delaySeconds = await kept.renew().then(renewalDelaySeconds, retryDelaySeconds)
    if (this.#kept.get(key) === kept) this.#schedule(key, kept, delaySeconds)
  }
}

function retryDelaySeconds(error: unknown): number {
  if (!isExpectedError(error)) throw error
  return retrySeconds
}

/** When to renew a lease: five minutes before its end, or half-way when it is short. */
export function renewalDelaySeconds(lifetimeSeconds: number): number {
  return Math.max(lifetimeSeconds - earlySeconds, lifetimeSeconds / 2, 1)
}

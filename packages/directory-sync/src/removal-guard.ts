import type { Clock } from '@parley/domain'

/** The run would take too many users out, or rename them, which a wrong filter or an empty file would do; nothing was changed. */
export class SyncRefusedError extends Error {
  override readonly name = 'SyncRefusedError'
}

/** Below this many users nobody is protected by a share. */
const fewUsers = 10
const periodMs = 3_600_000

/** Users whom a run would take from the map, or from their URLs. */
export interface Losses {
  readonly removed: number
  readonly renamed: number
}

/** Refuses runs that look like a mistake. What small runs take within an hour counts together. */
export class RemovalGuard {
  readonly #clock: Pick<Clock, 'now'>
  #taken: readonly { readonly at: number; readonly users: number }[] = []

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Throws SyncRefusedError when more than a share `mostRemoved` of the `users` of the map would be lost. */
  check({ removed, renamed }: Losses, users: number, mostRemoved: number): void {
    const before = this.#before()
    const lost = removed + renamed
    const all = users + before
    if (lost === 0 || all <= fewUsers || lost + before <= all * mostRemoved) return
    const share = Math.min(1, Math.ceil((100 * (lost + before)) / all) / 100)
    const earlier = before > 0 ? `, after ${before} within the last hour` : ''
    throw new SyncRefusedError(
      `${removed} of ${users} users would be removed and ${renamed} renamed${earlier}, which looks like a mistake; nothing was changed. ` +
        `If it is meant, allow it once with: parley sync --config FILE --once --most-removed ${share}`,
    )
  }

  /** Takes note of what a run did. */
  took({ removed, renamed }: Losses): void {
    const users = removed + renamed
    if (users > 0) this.#taken = [...this.#taken, { at: this.#clock.now(), users }]
  }

  #before(): number {
    const now = this.#clock.now()
    this.#taken = this.#taken.filter(({ at }) => at > now - periodMs && at <= now)
    return this.#taken.reduce((sum, { users }) => sum + users, 0)
  }
}

import { UnavailableError } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { HolderTable } from './holder-table.ts'
import type { HomeLease } from './home-leases.ts'
import type { HomeName } from './home-name.ts'

export interface NextHolderOptions {
  readonly holders: Pick<HolderTable, 'find' | 'next'>
  readonly clock: Pick<Clock, 'after'>
  /** The lease that was of no use; absent: any is good. */
  readonly last: HomeLease | undefined
  /** How long a newer one is waited for. */
  readonly pauseMs: number
  /** Ends the wait, and leaves it at that. */
  readonly deadline?: AbortSignal
}

/**
 * The home's next holder; the one that it has when there is no other within `pauseMs`, since a holder refuses while it opens the home, or
 * cannot be reached for a moment. Undefined when there is none, or nobody can tell.
 */
export async function nextHolder(
  home: HomeName,
  { holders, clock, last, pauseMs, deadline }: NextHolderOptions,
): Promise<HomeLease | undefined> {
  const pause = new AbortController()
  const stop = clock.after(pauseMs, () => pause.abort())
  try {
    const signal = deadline ? AbortSignal.any([pause.signal, deadline]) : pause.signal
    const next = await holders.next(home, last, signal)
    return next || deadline?.aborted ? next : await holders.find(home)
  } catch (err) {
    if (err instanceof UnavailableError) return undefined
    throw err
  } finally {
    stop()
  }
}

import type { Clock } from '@parley/domain'
import { RvpError } from '@parley/protocol'

export interface UntilAvailableOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>
  /** From the first failure until the last attempt. */
  readonly limitMs: number
  readonly pauseMs: number
  /** Hears of the first failure: the person who waits should know why. */
  readonly waiting: (err: RvpError) => void
}

/**
 * Does something that may be done twice, again and again while it fails since something is not available (503): homes change hands
 * in the middle of an administrator's command. Rejects with any other failure at once, and with the last one when time is up.
 */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  { clock, limitMs, pauseMs, waiting }: UntilAvailableOptions,
): Promise<T> {
  let giveUpAt: number | undefined
  for (;;) {
    try {
      return await work()
    } catch (err) {
      if (!(err instanceof RvpError) || err.status !== 503) throw err
      if (giveUpAt === undefined) waiting(err)
      giveUpAt ??= clock.elapsed() + limitMs
      if (clock.elapsed() >= giveUpAt) throw err
    }
    await new Promise<void>((resolve) => void clock.after(pauseMs, resolve))
  }
}

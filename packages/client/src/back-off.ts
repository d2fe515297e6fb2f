import type { Timers } from './timers.ts'

const firstDelayMs = 500
/** Whoever comes back after a fault must know the true state of all it watches within 10 s (promise 2). */
const longestDelayMs = 8_000

/** Doubles with every failure, and is spread out, so that a server that starts is not met by everybody at once. */
export function backOffMs(failures: number, fraction: number): number {
  const ceiling = Math.min(firstDelayMs * 2 ** Math.min(failures - 1, 16), longestDelayMs)
  return ceiling * (0.5 + fraction / 2)
}

/** Resolves after `ms`, or when the signal fires. */
export async function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => resolve()
  const cancel = timers.after(ms, wake)
  signal.addEventListener('abort', wake)
  await promise
  signal.removeEventListener('abort', wake)
  cancel()
}

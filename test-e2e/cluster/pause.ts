import { systemClock } from '@parley/domain'

/**
 * Lets some time pass: between two questions to processes that tell nobody how they are, and between two actions of a load,
 * whose pace it is. NOTE: never in place of waiting for an outcome.
 */
export async function pause(ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => resolve()
  const cancel = systemClock.after(ms, wake)
  signal?.addEventListener('abort', wake)
  if (signal?.aborted) resolve()
  await promise
  signal?.removeEventListener('abort', wake)
  cancel()
}

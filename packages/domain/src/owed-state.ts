import { type PresenceState, type VisibleState, visibleState } from '@parley/protocol'
import type { Device } from './device.ts'

/** How long after a change its watchers' devices may be waiting for it, when the watch has just changed hands. */
export const recentMs = 120_000

/**
 * Which devices must be told a presentity's state when a watch begins here that others served before: all of them when they
 * were shown another state, or when the state changed after `since` and they may not have heard; streams begin anew with
 * the process that serves them (`isReset`).
 */
export function owedState(known: {
  readonly told: PresenceState | undefined
  readonly changedAt: number | undefined
  readonly since: number
  readonly isReset?: boolean
}): (shown: VisibleState, device: Device | undefined) => boolean {
  const { told, changedAt, since, isReset = false } = known
  if (told !== undefined) return (shown) => visibleState(told) !== shown
  if (changedAt !== undefined && changedAt >= since) return () => true
  return (_, device) => isReset && device?.target.kind === 'stream'
}

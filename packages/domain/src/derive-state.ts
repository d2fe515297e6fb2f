import type { PresenceState } from '@parley/protocol'
import type { StoredView } from './node-store.ts'

/**
 * A user's state from its views (RVP §5.5). `idle` and `offline` belong to one device: the user is offline when no view is
 * left, idle when every view is. Any other state is shared: the one that was chosen last holds on all devices.
 */
export function deriveState(views: Iterable<StoredView>, sharedState: PresenceState | undefined): PresenceState {
  let present = false
  let active = false
  for (const view of views) {
    if (view.state === 'offline') continue
    present = true
    if (view.state !== 'idle') active = true
  }
  if (!present) return 'offline'
  // NOTE: an idle device of an invisible user must not give the user away.
  if (!active && sharedState !== 'invisible') return 'idle'
  return sharedState ?? 'online'
}

/** One view's change: from `before` (undefined: the device just signed in) to `after`. */
export interface ViewChange {
  readonly before: PresenceState | undefined
  readonly after: PresenceState
  /** Whether the device only prolongs its lease: it repeats its own state when most of the lease is over. */
  readonly renewal: boolean
  /** Whether the user has another view that is not offline. */
  readonly othersPresent: boolean
}

/**
 * The shared state after one view changed. A renewal changes nothing; nor does a device that signs in as plain `online` while
 * the user has chosen something else on another one, or a quick reconnect would undo "busy".
 */
export function nextSharedState(
  shared: PresenceState | undefined,
  { before, after, renewal, othersPresent }: ViewChange,
): PresenceState | undefined {
  if (after === 'offline') return othersPresent ? shared : undefined
  if (!othersPresent && before === undefined) return after === 'idle' ? 'online' : after
  if (after === 'idle' || renewal) return shared ?? 'online'
  // NOTE: a device that comes back from idle says `online` for itself; for the user, too, if it is the only one (librvp).
  if (after === 'online' && othersPresent && (before === undefined || before === 'idle')) return shared ?? 'online'
  return after
}

import { syncOrigin } from '@parley/directory-sync'
import type { SourceProblem, SyncStore } from '@parley/domain'

/** What `parley sync` did and does, as `parley status` shows it. */
export interface SyncStatus {
  /** The process that follows the directory; absent when none does. */
  readonly holder?: string
  readonly users: number
  readonly groups: number
  /** When everything was read last, ISO 8601. */
  readonly fullReadAt?: string
  /** When changes were applied last, ISO 8601. */
  readonly changedAt?: string
  readonly switchedOff: number
  /** Entries that cannot be used as they are, or that wait. */
  readonly problems: readonly SourceProblem[]
  /** What hinders it. */
  readonly degraded: readonly string[]
}

/**
 * Asks what `parley sync` keeps; undefined when there never was one, and none is needed. `isFollowed` says whether somebody has to follow
 * a directory. Rejects with UnavailableError.
 */
export async function syncStatus(
  store: Pick<SyncStore, 'holder' | 'state' | 'problems' | 'waiting' | 'switchedOff'>,
  { isFollowed }: { readonly isFollowed: boolean },
): Promise<SyncStatus | undefined> {
  const [holder, state, filed, waiting, off] = await Promise.all([
    store.holder(),
    store.state(),
    store.problems(),
    store.waiting(),
    store.switchedOff(),
  ])
  if (!state && holder === undefined && filed.length === 0 && !isFollowed) return undefined
  const waits = waiting.flatMap(({ entry, problem }) => (off.has(entry.id) ? [] : [problem]))
  const hindrances = filed.filter(({ origin }) => origin === syncOrigin).map(({ what }) => `${syncOrigin}: ${what}`)
  const unfollowed =
    isFollowed && holder === undefined && hindrances.length === 0
      ? ['nobody follows the directory: keep "parley sync" running']
      : []
  return {
    ...(holder !== undefined && { holder }),
    users: state?.users ?? 0,
    groups: state?.groups ?? 0,
    ...(state && {
      fullReadAt: new Date(state.fullReadAt).toISOString(),
      changedAt: new Date(state.changedAt).toISOString(),
    }),
    switchedOff: off.size,
    problems: [...filed.filter(({ origin }) => origin !== syncOrigin), ...waits],
    degraded: [...hindrances, ...unfollowed],
  }
}

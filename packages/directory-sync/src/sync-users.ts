import type { DirectorySource, HomeName, LocationWriter, NodeLocation, SourceUser } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

/** How a directory is brought into the map. */
export interface SyncOptions {
  readonly source: DirectorySource
  readonly map: LocationWriter
  /** Homes for users whom the directory gives none; the one with the fewest users first. */
  readonly homes: readonly HomeName[]
  /** Largest share of the map's users, 0 to 1, that one run may remove. */
  readonly mostRemoved: number
  /** Whether only to say what would change. */
  readonly dryRun?: boolean
}

/** What a run did, or would do. */
export interface SyncResult {
  readonly added: readonly LogicalUrl[]
  readonly changed: readonly LogicalUrl[]
  readonly removed: readonly LogicalUrl[]
  readonly unchanged: number
}

/** The run would remove too many users, which a wrong filter or an empty file would do; nothing was changed. */
export class SyncRefusedError extends Error {
  override readonly name = 'SyncRefusedError'
}

/** Below this many users nobody is protected by a share. */
const fewUsers = 10
const batch = 1_000

/**
 * Makes the map's users those of the directory; groups and resources are left alone. Idempotent. Who has a home keeps it:
 * only a move takes along what the user has there. Rejects with SyncRefusedError before anything is changed.
 */
export async function syncUsers(options: SyncOptions): Promise<SyncResult> {
  const { source, map, homes, mostRemoved, dryRun = false } = options
  const known = new Map<LogicalUrl, NodeLocation>()
  for await (const location of map.all()) if (location.kind === 'user') known.set(location.node, location)
  const counts = new Map<HomeName, number>(homes.map((home) => [home, 0]))
  for (const { home } of known.values()) if (counts.has(home)) counts.set(home, (counts.get(home) ?? 0) + 1)
  const gone = new Map(known)
  const added: NodeLocation[] = []
  const changed: NodeLocation[] = []
  for await (const { entries } of source.read()) {
    for (const user of entries) {
      if (user.kind !== 'user') continue
      const before = gone.get(user.node)
      gone.delete(user.node)
      const after = locationOf(user, before?.home ?? user.home ?? leastLoaded(counts))
      if (!before) added.push(after)
      else if (!isEqual(before, after)) changed.push(after)
    }
  }
  const removed = [...gone.keys()]
  if (known.size > fewUsers && removed.length > known.size * mostRemoved) throw tooMany(removed.length, known.size)
  if (!dryRun) {
    const put = [...added, ...changed]
    for (let at = 0; at < put.length; at += batch) await map.put(put.slice(at, at + batch))
    for (let at = 0; at < removed.length; at += batch) await map.remove(removed.slice(at, at + batch))
  }
  return {
    added: added.map(({ node }) => node),
    changed: changed.map(({ node }) => node),
    removed,
    unchanged: known.size - changed.length - removed.length,
  }
}

function locationOf({ node, displayName, mail }: SourceUser, home: HomeName): NodeLocation {
  return { node, kind: 'user', home, displayName, ...(mail === undefined ? {} : { mail }) }
}

function leastLoaded(counts: Map<HomeName, number>): HomeName {
  const [first] = [...counts].sort(([, a], [, b]) => a - b)
  if (!first)
    throw new SyncRefusedError(
      'no home is known to give users to: start one with "parley home --name NAME", or name homes in "sync.homes"',
    )
  counts.set(first[0], first[1] + 1)
  return first[0]
}

function isEqual(a: NodeLocation, b: NodeLocation): boolean {
  return a.home === b.home && a.displayName === b.displayName && a.mail === b.mail
}

function tooMany(removed: number, known: number): SyncRefusedError {
  return new SyncRefusedError(
    `${removed} of ${known} users would be removed, which looks like a mistake; nothing was changed. ` +
      'If it is meant, allow it with --most-removed 1.',
  )
}

import type { MapEntry, SourceEntry, SourceId } from '@parley/domain'
import type { SyncPorts } from './sync-ports.ts'

/** What a run knows of the map without asking. */
export interface MapPicture {
  /** Whether the map may have the entry: false spares a question. */
  mayHaveId(id: SourceId): boolean
  /** Whether an entry may have the URL, or the name. */
  mayHaveText(text: string): boolean
  /** Whether this run takes the entry out. */
  isLeaving(entry: MapEntry): boolean
}

/** What the map has of entries of the directory, by id. Rejects with UnavailableError. */
export async function currentEntries(
  { map, store }: Pick<SyncPorts, 'map' | 'store'>,
  ids: readonly SourceId[],
): Promise<ReadonlyMap<SourceId, MapEntry>> {
  if (ids.length === 0) return new Map()
  const nodes = [...(await store.nodesOf(ids))]
  const entries = await Promise.all(nodes.map(([, node]) => map.entry(node)))
  // NOTE: what finds an entry by its id may be older than the entry.
  return new Map(nodes.flatMap(([id], at) => (entries[at]?.id === id ? [[id, entries[at]] as const] : [])))
}

/** The same for those that the map may have. */
export async function currentOf(
  ports: Pick<SyncPorts, 'map' | 'store'>,
  picture: MapPicture,
  entries: readonly SourceEntry[],
): Promise<ReadonlyMap<SourceId, MapEntry>> {
  const ids = entries.map(({ id }) => id)
  return await currentEntries(
    ports,
    ids.filter((id) => picture.mayHaveId(id)),
  )
}

import type { HomeName, MapEntry, SourceEntry } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

/** What may differ between an entry of the directory and the map's: where it is, and under which names. */
export interface Place {
  readonly node: LogicalUrl
  readonly home: HomeName
  readonly names: readonly string[]
}

/** The entry of the map that an entry of the directory makes. */
export function mapEntryOf(entry: SourceEntry, { node, home, names }: Place): MapEntry {
  const { id, kind, displayName, mail } = entry
  const common = { node, kind, home, displayName, id, ...(mail !== undefined && { mail }) }
  if (entry.kind === 'group') return common
  const { unit, attributes } = entry
  return { ...common, names, attributes, ...(unit !== undefined && { unit }) }
}

/** A text that is equal for entries that say the same, wherever they live. */
export function contentOf(entry: Omit<MapEntry, 'home'>): string {
  const { id, node, kind, displayName, mail, unit, names = [], attributes = {} } = entry
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([id, node, kind, displayName, mail, unit, [...new Set(names)].sort(), sorted])
}

/** What a user is to be called by, each name once. */
export function namesOf(entry: SourceEntry): readonly string[] {
  return entry.kind === 'user' ? [...new Set(entry.names)] : []
}

/** An entry of the map as the directory had it, as far as the map tells. */
export function asSource(entry: MapEntry): SourceEntry[] {
  const { id, kind, node, displayName, mail, names = [], attributes = {}, unit } = entry
  if (id === undefined || kind !== 'user') return []
  const optional = { ...(mail !== undefined && { mail }), ...(unit !== undefined && { unit }) }
  return [{ kind, id, node, displayName, names, attributes, origin: node, ...optional }]
}

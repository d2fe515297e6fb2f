import type { MapEntry, SourceEntry } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import type { Claims } from './claims.ts'
import { namesOf } from './map-content.ts'
import type { MapPicture } from './map-picture.ts'
import type { SyncPorts } from './sync-ports.ts'

/** What an entry of the directory is given in this run. */
export interface Decision {
  readonly entry: SourceEntry
  /** What the map has of it, or of the user that it takes over. */
  readonly current: MapEntry | undefined
  /** Absent when it has none and must wait for one. */
  readonly node: LogicalUrl | undefined
  readonly names: readonly string[]
  /** What it waits for, and why, in sentences. */
  readonly waits: readonly string[]
}

/** Either what somebody gets (with the entry that is replaced, if any), or why not. */
type Grant = { readonly replaces?: MapEntry } | { readonly waits: string }

/**
 * Decides what an entry gets of what it asks for. Whoever has a URL or a name keeps it; of several that ask for one nobody gets it; a URL
 * that somebody was renamed away from is given to nobody else until the rename ends. Rejects with UnavailableError.
 */
export async function decide(
  ports: Pick<SyncPorts, 'map' | 'renames'>,
  picture: MapPicture,
  claims: Claims,
  entry: SourceEntry,
  current: MapEntry | undefined,
): Promise<Decision> {
  if (current && current.kind !== entry.kind) {
    const waits = [`it is a ${entry.kind} now and was a ${current.kind}: give it a new entry in the directory`]
    return { entry, current, node: current.node, names: current.names ?? [], waits }
  }
  const [node, ...names] = await Promise.all([
    grantNode(ports, picture, claims, entry, current),
    ...namesOf(entry).map((name) => grantName(ports, picture, claims, { entry, current, name })),
  ])
  const granted = namesOf(entry).filter((_, at) => !isRefused(names[at]))
  const waits = [node, ...names].flatMap((grant) => (isRefused(grant) ? [grant.waits] : []))
  if (isRefused(node)) return { entry, current, node: current?.node, names: granted, waits }
  return { entry, current: current ?? node.replaces, node: entry.node, names: granted, waits }
}

async function grantNode(
  { map, renames }: Pick<SyncPorts, 'map' | 'renames'>,
  picture: MapPicture,
  claims: Claims,
  entry: SourceEntry,
  current: MapEntry | undefined,
): Promise<Grant> {
  const { node } = entry
  if (node === current?.node) return {}
  if (claims.isContested(node)) return { waits: contested(`the URL ${node}`, claims.rivals(node, entry)) }
  const holder = picture.mayHaveText(node) ? await map.entry(node) : undefined
  if (holder && holder.id !== entry.id && !picture.isLeaving(holder)) {
    const isNobodys = holder.id === undefined && holder.kind === 'user' && entry.kind === 'user'
    if (isNobodys && !current) return { replaces: holder }
    return { waits: `another entry has the URL ${node} (${holder.displayName}): give one of them another alias` }
  }
  const gone = await renames.find(node)
  if (gone === undefined || gone === current?.node) return {}
  return {
    waits: `the URL ${node} was that of ${gone} until its rename, and is given to nobody else for some time: choose another alias`,
  }
}

async function grantName(
  { map }: Pick<SyncPorts, 'map'>,
  picture: MapPicture,
  claims: Claims,
  { entry, current, name }: { entry: SourceEntry; current: MapEntry | undefined; name: string },
): Promise<Grant> {
  if (current?.names?.includes(name)) return {}
  if (claims.isContested(name)) return { waits: contested(`the name "${name}"`, claims.rivals(name, entry)) }
  const node = picture.mayHaveText(name) ? (await map.named(name))?.node : undefined
  if (node === undefined || node === current?.node || claims.isReleased(name)) return {}
  const holder = await map.entry(node)
  if (!holder || holder.id === entry.id || picture.isLeaving(holder)) return {}
  if (holder.id === undefined && node === entry.node) return {}
  return { waits: `another entry signs in by the name "${name}" (${node}): take it from one of them` }
}

function contested(what: string, rivals: readonly string[]): string {
  const others = rivals.length > 0 ? ` (${rivals.join('; ')})` : ''
  return `other entries ask for ${what} too${others}: none of them gets it until all but one are changed`
}

function isRefused(grant: Grant | undefined): grant is { readonly waits: string } {
  return grant !== undefined && 'waits' in grant
}

import type { Locations, LocationWriter, MapEntry, SourceId, SourceUser, SyncStore } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { ConfigError } from '../load-config.ts'
import { findMapUser, nodeNamed } from './map-user.ts'

/** Where it is kept who may use IM. */
export interface SwitchParts {
  readonly map: Pick<Locations, 'entry' | 'named'> & Pick<LocationWriter, 'remove'>
  readonly sync: Pick<SyncStore, 'switchOff' | 'switchOn' | 'switchedOff' | 'putFormer' | 'putWaiting'>
}

/** What became of a user: `already` when it was so before. */
export type Switched = 'now' | 'already'

/**
 * Keeps a user out of IM, whatever the directory says: devices end within seconds, and `parley sync` leaves the user out. What the user
 * has stays at the home. Rejects with ConfigError when there is no such user, and with UnavailableError.
 */
export async function switchUserOff({ map, sync }: SwitchParts, name: string, domain: string): Promise<Switched> {
  const entry = await findMapUser(map, name, domain)
  if (entry?.kind !== 'user') {
    if (await switchedOffUser(sync, name, domain)) return 'already'
    throw unknown(name)
  }
  const { id, node, home } = entry
  if (id === undefined) {
    throw new ConfigError(
      `${node} is in the map without the name of its entry in the directory: run "parley sync" first`,
    )
  }
  // NOTE: first what a sync run reads, else one that is under way would put the user back. Who waits is tried again by every run, even one
  // that reads changes only: without that the user could not come back before the entry changes.
  await sync.switchOff(id, node)
  await sync.putFormer([{ id, node, home }])
  await sync.putWaiting([{ entry: sourceOf(entry, id), problem: { id, origin: node, what: switchedOff } }])
  await map.remove([node])
  return 'now'
}

const switchedOff = 'switched off for IM by an administrator: "parley user enable" switches it on again'

/** The user as the directory gave it. */
function sourceOf({ node, displayName, mail, names = [], unit, attributes = {} }: MapEntry, id: SourceId): SourceUser {
  const optional = { ...(mail !== undefined && { mail }), ...(unit !== undefined && { unit }) }
  return { kind: 'user', id, node, displayName, names, attributes, origin: node, ...optional }
}

/** Takes that back, from the next run of `parley sync` on. Rejects with ConfigError when there is no such user, and with UnavailableError. */
export async function switchUserOn({ map, sync }: SwitchParts, name: string, domain: string): Promise<Switched> {
  const off = await switchedOffUser(sync, name, domain)
  if (off) {
    await sync.switchOn(off.id)
    return 'now'
  }
  if ((await findMapUser(map, name, domain))?.kind === 'user') return 'already'
  throw unknown(name)
}

/** Who of those that are switched off is meant: by address or logical URL, or by the name of the directory's entry. */
export async function switchedOffUser(
  sync: Pick<SyncStore, 'switchedOff'>,
  name: string,
  domain: string,
): Promise<{ readonly id: SourceId; readonly node: LogicalUrl } | undefined> {
  const node = nodeNamed(name, domain)
  for (const [id, offNode] of await sync.switchedOff()) {
    if (offNode === node || id === name.toLowerCase()) return { id, node: offNode }
  }
  return undefined
}

function unknown(name: string): ConfigError {
  return new ConfigError(
    `${name} is no user of the directory map: "parley user find" looks for people, and "parley sync" brings them there`,
  )
}

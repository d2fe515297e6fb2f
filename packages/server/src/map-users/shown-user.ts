import type { HomeLeases, Locations, SyncStore } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { ConfigError } from '../load-config.ts'
import { addressOf, findMapUser, type MapUser, mapUserOf } from './map-user.ts'
import { switchedOffUser } from './switch-users.ts'

/** All that is known of a user; of one who is switched off, no more than where the entry is. */
export interface ShownUser extends Partial<Omit<MapUser, 'attributes'>> {
  readonly address: string
  readonly href: LogicalUrl
  readonly state: 'enabled' | 'disabled'
  /** Where the process is reached that holds the home; absent when nobody does. */
  readonly holder?: string
  /** The entry in the directory (SourceId). */
  readonly entry?: string
  /** What else the user may sign in as. */
  readonly names: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
}

/** Looks a user up as `findMapUser` does. Rejects with ConfigError when there is none, and with UnavailableError. */
export async function shownUser(
  parts: {
    readonly map: Pick<Locations, 'entry' | 'named'>
    readonly sync: Pick<SyncStore, 'switchedOff'>
    readonly leases: Pick<HomeLeases, 'lease'>
  },
  name: string,
  domain: string,
): Promise<ShownUser> {
  const found = await findMapUser(parts.map, name, domain)
  if (found?.kind === 'user') {
    const { attributes, ...user } = mapUserOf(found)
    const lease = await parts.leases.lease(found.home)
    return {
      ...user,
      state: 'enabled',
      ...(lease && { holder: lease.holder.clusterUrl }),
      ...(found.id !== undefined && { entry: found.id }),
      names: found.names ?? [],
      attributes,
    }
  }
  const off = await switchedOffUser(parts.sync, name, domain)
  if (!off) throw new ConfigError(`${name} is no user here; "parley user find" looks for people by their names`)
  const { id, node } = off
  return { address: addressOf(node), href: node, state: 'disabled', entry: id, names: [], attributes: {} }
}

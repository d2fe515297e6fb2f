import { dirSyncOid } from './ad-controls.ts'
import { DirSyncFollower } from './ad-dirsync-follower.ts'
import type { AdFollowerSettings } from './ad-follower-settings.ts'
import { UsnFollower } from './ad-usn-follower.ts'
import type { ChangeFollower } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { valuesOf } from './ldap-entry.ts'
import { LdapSetupError } from './ldap-fault.ts'

/**
 * The follower for Active Directory: DirSync where the controller that `connection` leads to has it (all since Windows 2000), unless
 * `usn` is asked for. Rejects with LdapSetupError when DirSync is asked for and not there.
 */
export async function openAdFollower(
  mode: 'auto' | 'dirsync' | 'usn',
  settings: AdFollowerSettings,
  connection: LdapConnection,
): Promise<ChangeFollower> {
  if (mode === 'usn') return new UsnFollower(settings)
  const [root] = await connection.find({ base: '', scope: 'base', attributes: ['supportedControl'] })
  const controls = root === undefined ? [] : valuesOf(root, 'supportedControl').map(String)
  if (controls.includes(dirSyncOid)) return new DirSyncFollower(settings)
  if (mode === 'auto') return new UsnFollower(settings)
  throw new LdapSetupError(`${connection.server}: it has no DirSync: set "changes": usn or auto`)
}

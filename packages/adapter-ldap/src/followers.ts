import type { ChangeFollower, FollowerSettings } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { LdapSetupError } from './ldap-fault.ts'
import type { ChangesMode, Preset } from './presets.ts'

/**
 * The follower for a mode, on a server that `connection` leads to; undefined when changes are not followed. Rejects with LdapSetupError for
 * a mode that this kind of directory does not have.
 */
export async function openFollower(
  mode: ChangesMode,
  preset: Preset,
  _settings: FollowerSettings,
  _connection: LdapConnection,
): Promise<ChangeFollower | undefined> {
  if (mode === 'none') return undefined
  throw new LdapSetupError(`"changes": ${mode} is not possible with the preset for ${preset.kind}`)
}

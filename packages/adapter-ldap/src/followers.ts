import { openAdFollower } from './ad-follower.ts'
import { adFollowerSettings, membershipsIn } from './ad-follower-settings.ts'
import type { ChangeFollower, FollowerSettings } from './change-follower.ts'
import { DirectoryFilters } from './directory-filters.ts'
import type { DirectoryOptions } from './directory-options.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { LdapSetupError } from './ldap-fault.ts'
import { MembershipFollower } from './membership-follower.ts'
import { type ChangesMode, presets } from './presets.ts'
import { SyncreplFollower } from './syncrepl-follower.ts'
import { TimestampsFollower } from './timestamps-follower.ts'
import { UserMapping } from './user-mapping.ts'

/**
 * The follower for the configured mode, or for `auto` the best that the server has which `connection` leads to; undefined when changes are not
 * followed. Rejects with LdapSetupError for a mode that is not possible, with UnavailableError, or with LdapResultError.
 */
export async function openFollower(
  options: DirectoryOptions,
  settings: FollowerSettings,
  connection: LdapConnection,
): Promise<ChangeFollower | undefined> {
  const { preset, changes: mode = 'auto' } = options
  const { kind, group } = presets[preset]
  if (mode === 'none') return undefined
  if (kind !== 'active-directory') {
    const follower = await ownChanges(mode, options, settings, connection)
    const memberships = kind === 'openldap' ? membershipsIn(new DirectoryFilters(options).users) : []
    if (follower) return memberships.length > 0 ? new MembershipFollower(follower, memberships) : follower
  } else if (mode === 'auto' || mode === 'dirsync' || mode === 'usn') {
    const attributes = [...new UserMapping(options).attributes, ...Object.values(group)]
    return await openAdFollower(
      mode,
      adFollowerSettings(settings, new DirectoryFilters(options), attributes),
      connection,
    )
  }
  throw new LdapSetupError(`"directory.changes": ${mode} is not possible with the preset ${preset}: leave it at auto`)
}

/** How changes of entries themselves are followed where there is no Active Directory; undefined for a mode that is not possible. */
async function ownChanges(
  mode: ChangesMode,
  { preset }: Pick<DirectoryOptions, 'preset'>,
  settings: FollowerSettings,
  connection: LdapConnection,
): Promise<ChangeFollower | undefined> {
  const { kind, id } = presets[preset]
  const timestamps = new TimestampsFollower(settings, id, kind === 'openldap' ? 'entryCSN' : 'modifyTimestamp')
  if (mode === 'timestamps') return timestamps
  const syncrepl = new SyncreplFollower(settings)
  if (mode === 'syncrepl') return syncrepl
  if (mode !== 'auto') return undefined
  // NOTE: only that of OpenLDAP is known to keep a cookie over restarts, and to be cheap when nothing has changed.
  return kind === 'openldap' && (await syncrepl.isPossible(connection)) ? syncrepl : timestamps
}

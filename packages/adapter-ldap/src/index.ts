/** Users, groups and password checks from LDAP directories: Active Directory, OpenLDAP, FreeIPA. */

export type { AttributeIndex } from './attribute-indexes.ts'
export type { ChangeFollower, FollowerEnd, FollowerSettings } from './change-follower.ts'
export type { DirectoryOptions } from './directory-options.ts'
export { type AliasClash, type DirectoryInspection, inspectDirectory } from './inspect-directory.ts'
export { LdapBind, type LdapBindEvents, type PasswordVerdict } from './ldap-bind.ts'
export { LdapResultError, LdapSetupError } from './ldap-fault.ts'
export type { LdapServerOptions, LdapTls } from './ldap-server.ts'
export { LdapServers } from './ldap-servers.ts'
export { LdapSource, type LdapSourceOptions } from './ldap-source.ts'
export type { LockoutPolicy } from './lockout-policy.ts'
export type { ChangesMode, PresetName, UserAttributes } from './presets.ts'

import type { LdapServerOptions } from './ldap-server.ts'
import type { ChangesMode, PresetName, UserAttributes } from './presets.ts'

/** A directory as an administrator describes it (docs/directory.md). */
export interface DirectoryOptions extends LdapServerOptions {
  readonly preset: PresetName
  /** Where the users are. */
  readonly base: string
  /** Who of them may use IM; all of them when absent. */
  readonly filter?: string
  /** IM domains that are served; users without an IM address are in the first. */
  readonly domains: readonly [string, ...string[]]
  /** Attributes instead of the preset's. */
  readonly attributes?: UserAttributes
  /** What else is known of people: its name, and the LDAP attribute. */
  readonly search?: Readonly<Record<string, string>>
  readonly groups?: {
    /** The base of the users when absent. */
    readonly base?: string
    readonly filter: string
    /** Path of group nodes, with a slash at both ends. */
    readonly path: string
  }
  /** What users write before their account (`EXAMPLE\alice`); read from Active Directory when absent. */
  readonly ntDomain?: string
  /** `auto` by default. */
  readonly changes?: ChangesMode
  /** Entries that are asked for at once; 500 by default. */
  readonly pageSize?: number
}

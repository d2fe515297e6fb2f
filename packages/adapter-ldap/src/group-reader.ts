import type { SourceGroup, SourceId, SourceProblem } from '@parley/domain'
import { type LogicalUrl, logicalUrlOf, RvpError } from '@parley/protocol'
import type { DirectoryFilters } from './directory-filters.ts'
import type { DirectoryOptions } from './directory-options.ts'
import { normalDn } from './distinguished-name.ts'
import { cut, EntryText, shown } from './entry-text.ts'
import { GroupMembers } from './group-members.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { type Preset, presets } from './presets.ts'
import { sourceIdOf } from './source-id.ts'
import { isAddress } from './user-names.ts'

/** What became of groups. */
export interface MappedGroups {
  readonly groups: readonly SourceGroup[]
  readonly problems: readonly SourceProblem[]
}

/** Names that a filter may hold at once. */
const atOnce = 50
/** NOTE: groups within groups may go round in circles, and one change may touch a whole company; nobody follows it further. */
const mostGroupsAbove = 10_000

/** Reads the groups that become nodes, with their members. */
export class GroupReader {
  readonly attributes: readonly string[]
  readonly #options: DirectoryOptions
  readonly #filters: DirectoryFilters
  readonly #preset: Preset
  readonly #bases: readonly string[]

  constructor(options: DirectoryOptions, filters: DirectoryFilters, bases: readonly string[]) {
    this.#options = options
    this.#filters = filters
    this.#preset = presets[options.preset]
    this.#bases = bases
    const { id, member, group } = this.#preset
    this.attributes = [...new Set([id.name, member, ...Object.values(group)])]
  }

  /** Makes group nodes of entries. Rejects with UnavailableError or LdapResultError. */
  async map(connection: LdapConnection, entries: readonly LdapEntry[]): Promise<MappedGroups> {
    const groups: SourceGroup[] = []
    const problems: SourceProblem[] = []
    const reader = new GroupMembers(connection, this.#preset)
    for (const entry of entries) {
      const [value] = valuesOf(entry, this.#preset.id.name)
      const id = value === undefined ? undefined : sourceIdOf(value, this.#preset.id.form)
      const text = new EntryText(entry, id)
      const group = await this.#group(entry, id, text, reader)
      if (group) groups.push(group)
      problems.push(...text.problems)
    }
    return { groups, problems }
  }

  /**
   * The group nodes that these entries are, or that they are in, directly or through other groups. Rejects with UnavailableError or
   * LdapResultError.
   */
  async touchedBy(connection: LdapConnection, dns: readonly string[]): Promise<MappedGroups> {
    const { groups: filter } = this.#filters
    if (filter === undefined || dns.length === 0) return { groups: [], problems: [] }
    const entries: LdapEntry[] = []
    for (const base of await this.#withGroupsAbove(connection, dns))
      entries.push(...(await connection.find({ base, scope: 'base', filter, attributes: this.attributes })))
    return await this.map(connection, entries)
  }

  async #withGroupsAbove(connection: LdapConnection, dns: readonly string[]): Promise<Iterable<string>> {
    const found = new Map(dns.map((dn) => [normalDn(dn), dn]))
    let reached = [...found.values()]
    while (reached.length > 0 && found.size < mostGroupsAbove + dns.length) {
      const above: string[] = []
      for (let at = 0; at < reached.length; at += atOnce) {
        const filter = this.#filters.groupsWith(reached.slice(at, at + atOnce))
        for (const base of this.#bases)
          for (const { dn } of await connection.find({ base, filter, attributes: ['1.1'] })) {
            if (found.has(normalDn(dn))) continue
            found.set(normalDn(dn), dn)
            above.push(dn)
          }
      }
      reached = above
    }
    return found.values()
  }

  async #group(
    entry: LdapEntry,
    id: SourceId | undefined,
    text: EntryText,
    reader: GroupMembers,
  ): Promise<SourceGroup | undefined> {
    const { group } = this.#preset
    if (id === undefined) {
      text.problem(`${this.#preset.id.name} cannot be read: our account must be allowed to`)
      return undefined
    }
    const name = text.one(group.alias)
    const node = name === undefined ? undefined : this.#node(name, text)
    if (name === undefined) text.problem(`the group has no ${group.alias}`)
    if (name === undefined || node === undefined) return undefined
    const { members, isWhole } = await reader.of(entry)
    if (!isWhole) text.problem('the group has more than 10,000 members, of which only so many are used: split it')
    const mail = text.one(group.mail)
    return {
      kind: 'group',
      id,
      node,
      displayName: cut(text.one(group.displayName) ?? name, 256),
      members,
      origin: entry.dn,
      ...(mail !== undefined && isAddress(mail) ? { mail } : {}),
    }
  }

  #node(name: string, text: EntryText): LogicalUrl | undefined {
    const [domain] = this.#options.domains
    try {
      return logicalUrlOf(domain, `${this.#options.groups?.path ?? '/'}${encodeURIComponent(name.toLowerCase())}`)
    } catch (error) {
      if (!(error instanceof RvpError)) throw error
      text.problem(`the name ${shown(name)} cannot be part of a URL: rename the group`)
      return undefined
    }
  }
}

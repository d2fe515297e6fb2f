import type { Clock, SourceProblem, SourceUser } from '@parley/domain'
import { type AttributeIndex, attributeIndexes } from './attribute-indexes.ts'
import { DirectoryFilters } from './directory-filters.ts'
import type { DirectoryOptions } from './directory-options.ts'
import { filterTerms } from './filter-terms.ts'
import { openFollower } from './followers.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { translated } from './ldap-fault.ts'
import { LdapServers } from './ldap-servers.ts'
import { readNtDomain } from './nt-domain.ts'
import { presets } from './presets.ts'
import { referenceProblems } from './references.ts'
import { searchPages } from './search-pages.ts'
import { UserMapping } from './user-mapping.ts'

/** Two entries or more that claim one node: none of them gets it. */
export interface AliasClash {
  readonly node: string
  /** Their distinguished names; two of them, however many there are. */
  readonly origins: readonly [string, string]
}

/** What a directory looks like through its configuration. */
export interface DirectoryInspection {
  /** The server that answered. */
  readonly server: string
  /** Whether nobody can read along. */
  readonly encrypted: boolean
  /** Whether we read without signing in. */
  readonly anonymous: boolean
  /** Entries that fit the filter; of `mostRead` and more, so many. */
  readonly matches: number
  /** Whether all of them were looked at. */
  readonly isWhole: boolean
  /** Of these, who is disabled or has expired. */
  readonly off: number
  /** The first three users, as they would be. */
  readonly samples: readonly SourceUser[]
  /** The first of the entries that cannot be used as they are, at most 100, and how many there are. */
  readonly problems: readonly SourceProblem[]
  readonly problemCount: number
  /** At most 100. */
  readonly clashes: readonly AliasClash[]
  /** Groups that become nodes; absent when none are configured. */
  readonly groups?: number
  /** Of each attribute that the directory is searched by, whether it has an index. */
  readonly indexes: readonly AttributeIndex[]
  /** Whether changes can be followed as configured, and whether removals are among them. */
  readonly changes: { readonly followed: boolean; readonly missesDeletions: boolean }
}

const mostKept = 100
const mostRead = 100_000

/**
 * Looks at a directory as a sync would, for an administrator, and changes nothing. `progress` hears of the entries that were looked at.
 * Rejects with LdapSetupError for options that make no sense, and with UnavailableError, whose message says what is wrong and what to change.
 */
export async function inspectDirectory(
  options: DirectoryOptions,
  clock: Clock,
  progress: (read: number) => void = () => undefined,
): Promise<DirectoryInspection> {
  const filters = new DirectoryFilters(options)
  const servers = new LdapServers(options, clock)
  return await translated(async () => {
    await using connection = await servers.connect()
    const users = await inspectUsers(connection, options, filters, clock, progress)
    const groups = filters.groups && (await countGroups(connection, options, filters))
    return {
      server: connection.server,
      encrypted: connection.isEncrypted,
      anonymous: options.bind === undefined,
      ...users,
      ...(groups === undefined ? {} : { groups }),
      indexes: await attributeIndexes(connection, presets[options.preset].kind, searchedBy(options, filters)),
      changes: await inspectChanges(connection, options, clock),
    }
  })
}

type UsersInspection = Pick<
  DirectoryInspection,
  'matches' | 'isWhole' | 'off' | 'samples' | 'problems' | 'problemCount' | 'clashes'
>

async function inspectUsers(
  connection: LdapConnection,
  options: DirectoryOptions,
  filters: DirectoryFilters,
  clock: Clock,
  progress: (read: number) => void,
): Promise<UsersInspection> {
  const isActiveDirectory = presets[options.preset].kind === 'active-directory'
  const ntDomain = options.ntDomain ?? (isActiveDirectory ? await readNtDomain(connection) : undefined)
  const mapping = new UserMapping(options, ntDomain)
  const samples: SourceUser[] = []
  const problems: SourceProblem[] = []
  const clashes: AliasClash[] = []
  const nodes = new Map<string, string>()
  let [matches, off, problemCount] = [0, 0, 0]
  const note = (found: readonly SourceProblem[]) => {
    problemCount += found.length
    problems.push(...found.slice(0, mostKept - problems.length))
  }
  const search = { base: options.base, filter: filters.users, attributes: mapping.attributes }
  for await (const page of searchPages(connection, search, options.pageSize ?? 500)) {
    note(referenceProblems(page.references))
    for (const entry of page.entries) {
      const mapped = mapping.map(entry, clock.now())
      matches += 1
      if (mapped.off) off += 1
      note(mapped.problems)
      if (mapped.user === undefined) continue
      const { node, origin } = mapped.user
      const other = nodes.get(node)
      if (other === undefined) nodes.set(node, origin)
      else if (clashes.length < mostKept) clashes.push({ node, origins: [other, origin] })
      if (samples.length < 3) samples.push(mapped.user)
    }
    progress(matches)
    if (matches >= mostRead) break
  }
  return { matches, isWhole: matches < mostRead, off, samples, problems, problemCount, clashes }
}

async function countGroups(
  connection: LdapConnection,
  { base, groups, pageSize = 500 }: DirectoryOptions,
  { groups: filter }: DirectoryFilters,
): Promise<number> {
  if (filter === undefined) return 0
  let count = 0
  const search = { base: groups?.base ?? base, filter, attributes: ['1.1'] }
  for await (const { entries } of searchPages(connection, search, pageSize)) count += entries.length
  return count
}

async function inspectChanges(
  connection: LdapConnection,
  options: DirectoryOptions,
  clock: Clock,
): Promise<DirectoryInspection['changes']> {
  const settings = { bases: [options.base], pageSize: options.pageSize ?? 500, clock }
  const follower = await openFollower(options, settings, connection)
  if (follower === undefined) return { followed: false, missesDeletions: true }
  const { missesDeletions } = await follower.start(connection)
  return { followed: true, missesDeletions }
}

/** Attributes that decide how long a search takes. */
function searchedBy(options: DirectoryOptions, filters: DirectoryFilters): readonly string[] {
  const { kind, id, member } = presets[options.preset]
  const asked = [filters.users, ...(filters.groups ? [filters.groups] : [])].flatMap(filterTerms)
  return [
    ...new Set([
      id.name,
      ...(kind === 'openldap' ? ['entryCSN'] : []),
      ...(filters.groups ? [member] : []),
      ...asked.map(({ attribute }) => attribute),
    ]),
  ]
}

import type { SourceId } from '@parley/domain'
import { AndFilter, EqualityFilter, ExtensibleFilter, type Filter, NotFilter, OrFilter } from 'ldapts'
import { showDeleted } from './ad-controls.ts'
import type { LdapConnection, LdapSearch } from './ldap-connection.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { LdapResultError, resultCode } from './ldap-fault.ts'
import { searchPages } from './search-pages.ts'
import { type IdAttribute, idFilter, sourceIdOf } from './source-id.ts'

const guid: IdAttribute = { name: 'objectGUID', form: 'guid' }
/** LDAP_MATCHING_RULE_TRANSITIVE_EVAL: through groups within groups. */
const inChain = '1.2.840.113556.1.4.1941'
const mostIdsInFilter = 50

/** Where to look for entries. */
export interface AdTree {
  readonly connection: LdapConnection
  readonly namingContext: string
  readonly pageSize: number
}

const people = new AndFilter({ filters: [isA('user'), new NotFilter({ filter: isA('computer') })] })
const groups = isA('group')
const containers = new OrFilter({ filters: [isA('organizationalUnit'), isA('container')] })

/** Entries whose changes matter: of users and groups, and of what they are in. Deleted ones keep their class. */
export const followed: Filter = new OrFilter({ filters: [people, groups, containers] })

/** What kind of followed entry one is that was asked for its objectClass. */
export function kindOf(entry: LdapEntry): 'user' | 'group' | 'container' {
  const classes = valuesOf(entry, 'objectClass').map((value) => value.toString('latin1').toLowerCase())
  if (classes.includes('group')) return 'group'
  return classes.includes('user') ? 'user' : 'container'
}

/** The ids of entries that were asked for their objectGUID. */
export function idsOf(entries: readonly LdapEntry[]): SourceId[] {
  return entries
    .flatMap((entry) => valuesOf(entry, guid.name).slice(0, 1))
    .map((value) => sourceIdOf(value, guid.form))
    .filter((id) => id !== undefined)
}

/** Whether an entry is what is left of a deleted one. */
export function isDeleted(entry: LdapEntry): boolean {
  return valuesOf(entry, 'isDeleted')[0]?.toString('latin1').toUpperCase() === 'TRUE'
}

/**
 * Users and groups that are in these entries, however deep; few have any.
 *
 * NOTE: when a container moves or gets another name, so do they, and their entries do not change.
 */
export async function* idsBelow(tree: AdTree, containers: readonly SourceId[]): AsyncGenerator<SourceId[], void, void> {
  const filter = new OrFilter({ filters: [people, groups] })
  for (const container of containers)
    for await (const ids of idsFound(tree, { base: `<GUID=${container}>`, filter }))
      yield ids.filter((id) => id !== container)
}

/**
 * Groups that these groups are in, through others too: their members are others when theirs are.
 *
 * NOTE: asked for in the whole domain, as groups may be in groups through such that are in no base.
 */
export async function* groupsAbove(tree: AdTree, dns: readonly string[]): AsyncGenerator<SourceId[], void, void> {
  for (const dn of dns) {
    const above = new ExtensibleFilter({ matchType: 'member', rule: inChain, value: dn })
    yield* idsFound(tree, { base: tree.namingContext, filter: new AndFilter({ filters: [groups, above] }) })
  }
}

/** Users and groups that are members of those of `ids` that are groups, through others too. */
export async function* membersOfGroups(tree: AdTree, ids: readonly SourceId[]): AsyncGenerator<SourceId[], void, void> {
  for (const { dn } of await groupsOf(tree, ids)) {
    const filter = new ExtensibleFilter({ matchType: 'memberOf', rule: inChain, value: dn })
    yield* idsFound(tree, { base: tree.namingContext, filter })
  }
}

/** Whether one of the groups with these ids is the group `dn`, or is in it, through others too. */
export async function isAnyWithin(tree: AdTree, ids: readonly SourceId[], dn: string): Promise<boolean> {
  const itself = new EqualityFilter({ attribute: 'distinguishedName', value: dn })
  const within = new ExtensibleFilter({ matchType: 'memberOf', rule: inChain, value: dn })
  return (await groupsOf(tree, ids, { filter: new OrFilter({ filters: [itself, within] }) })).length > 0
}

/** Whether one of these ids is of a group that was deleted, as far as the account finds deleted entries. */
export async function isAnyDeletedGroup(tree: AdTree, ids: readonly SourceId[]): Promise<boolean> {
  const deleted = new EqualityFilter({ attribute: 'isDeleted', value: 'TRUE' })
  return (await groupsOf(tree, ids, { filter: deleted, controls: [showDeleted()] })).length > 0
}

/** Those of `ids` that are groups, and found by `search` too. */
async function groupsOf(
  { connection, namingContext }: AdTree,
  ids: readonly SourceId[],
  { filter = groups, controls = [] }: Pick<LdapSearch, 'filter' | 'controls'> = {},
): Promise<LdapEntry[]> {
  const found: LdapEntry[] = []
  for (let at = 0; at < ids.length; at += mostIdsInFilter) {
    const some = ids.slice(at, at + mostIdsInFilter).map((id) => idFilter(id, guid))
    const anyOf = new OrFilter({ filters: some.filter((one) => one !== undefined) })
    const all = new AndFilter({ filters: [groups, filter, anyOf] })
    found.push(...(await connection.find({ base: namingContext, filter: all, attributes: ['1.1'], controls })))
  }
  return found
}

async function* idsFound(
  { connection, pageSize }: AdTree,
  search: Pick<LdapSearch, 'base' | 'filter'>,
): AsyncGenerator<SourceId[], void, void> {
  try {
    for await (const { entries } of searchPages(connection, { ...search, attributes: [guid.name] }, pageSize))
      yield idsOf(entries)
  } catch (error) {
    // A container that is gone by now has nothing in it.
    if (!(error instanceof LdapResultError && error.code === resultCode.noSuchObject)) throw error
  }
}

function isA(objectClass: string): Filter {
  return new EqualityFilter({ attribute: 'objectClass', value: objectClass })
}

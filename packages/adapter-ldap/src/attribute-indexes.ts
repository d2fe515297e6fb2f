import { EqualityFilter, OrFilter, PresenceFilter } from 'ldapts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText, type LdapEntry, valuesOf } from './ldap-entry.ts'
import { LdapResultError } from './ldap-fault.ts'
import type { Preset } from './presets.ts'

export interface AttributeIndex {
  readonly attribute: string
  /** `unknown`: the directory does not tell, or not us. */
  readonly indexed: 'yes' | 'no' | 'unknown'
}

/** MS-ADTS §2.2.10, fATTINDEX. */
const indexedFlag = 1

/** Which attributes have an index, where that can be read. Rejects with UnavailableError. */
export async function attributeIndexes(
  connection: LdapConnection,
  kind: Preset['kind'],
  attributes: readonly string[],
): Promise<readonly AttributeIndex[]> {
  const known = await readIndexed(connection, kind, attributes)
  return attributes.map((attribute) => {
    if (known === undefined) return { attribute, indexed: 'unknown' }
    return { attribute, indexed: known.has(attribute.toLowerCase()) ? 'yes' : 'no' }
  })
}

/** Names in lower case; undefined when we may not know. */
async function readIndexed(
  connection: LdapConnection,
  kind: Preset['kind'],
  attributes: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  try {
    if (kind === 'active-directory') return await indexedInSchema(connection, attributes)
    if (kind === 'openldap') return await indexedInConfiguration(connection)
    return undefined
  } catch (error) {
    if (error instanceof LdapResultError) return undefined
    throw error
  }
}

async function indexedInSchema(
  connection: LdapConnection,
  attributes: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const [root] = await connection.find({ base: '', scope: 'base', attributes: ['schemaNamingContext'] })
  const base = root && firstText(root, 'schemaNamingContext')
  if (base === undefined) return undefined
  const filters = attributes.map((value) => new EqualityFilter({ attribute: 'lDAPDisplayName', value }))
  const found = await connection.find({
    base,
    filter: new OrFilter({ filters }),
    attributes: ['lDAPDisplayName', 'searchFlags'],
  })
  if (found.length === 0) return undefined
  const isIndexed = (entry: LdapEntry) => (Number(firstText(entry, 'searchFlags') ?? 0) & indexedFlag) !== 0
  return new Set(found.filter(isIndexed).map((entry) => (firstText(entry, 'lDAPDisplayName') ?? '').toLowerCase()))
}

/** NOTE: of every database of the server; that one attribute has an index in one of them only is rare. */
async function indexedInConfiguration(connection: LdapConnection): Promise<ReadonlySet<string> | undefined> {
  const filter = new PresenceFilter({ attribute: 'olcDbIndex' })
  const databases = await connection.find({ base: 'cn=config', filter, attributes: ['olcDbIndex'] })
  if (databases.length === 0) return undefined
  const names = databases.flatMap((database) =>
    valuesOf(database, 'olcDbIndex').flatMap((value) => {
      const [list = ''] = value
        .toString('utf8')
        .replace(/^\{\d+\}/, '')
        .split(/\s+/)
      return list.split(',').map((name) => name.toLowerCase())
    }),
  )
  return new Set(names)
}

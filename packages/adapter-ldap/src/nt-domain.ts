import { AndFilter, EqualityFilter } from 'ldapts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText } from './ldap-entry.ts'

/**
 * The name of an Active Directory domain that users write before their account, `EXAMPLE` in `EXAMPLE\alice` (MS-ADTS §6.1.1.2.1.1.4, crossRef);
 * undefined when the directory does not tell us. Rejects with UnavailableError or LdapResultError.
 */
export async function readNtDomain(connection: LdapConnection): Promise<string | undefined> {
  const contexts = ['defaultNamingContext', 'configurationNamingContext']
  const [root] = await connection.find({ base: '', scope: 'base', attributes: contexts })
  const [domain, configuration] = contexts.map((name) => (root === undefined ? undefined : firstText(root, name)))
  if (domain === undefined || configuration === undefined) return undefined
  const filter = new AndFilter({
    filters: [
      new EqualityFilter({ attribute: 'objectClass', value: 'crossRef' }),
      new EqualityFilter({ attribute: 'nCName', value: domain }),
    ],
  })
  const attribute = 'nETBIOSName'
  const [reference] = await connection.find({ base: `CN=Partitions,${configuration}`, filter, attributes: [attribute] })
  return reference && firstText(reference, attribute)
}

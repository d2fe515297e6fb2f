import type { HomeName, MapEntry } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { type GeneratedPerson, generatedNames } from './generated-people.ts'

/** A person as `parley sync` would enter it in the map from a directory with all that search is for. */
export function entryOfPerson(person: GeneratedPerson, { domain, home }: { domain: string; home: HomeName }): MapEntry {
  const { id, alias, account, displayName, mail, userPrincipalName, site } = person
  const { department, title, office, company } = person
  return {
    node: userUrl(domain, alias),
    kind: 'user',
    home,
    displayName,
    mail,
    id,
    names: [mail, userPrincipalName, `${generatedNames.ntDomain.toLowerCase()}\\${account}`, account],
    attributes: { department, title, office, company },
    unit: `ou=${site},ou=people,dc=example,dc=com`,
  }
}

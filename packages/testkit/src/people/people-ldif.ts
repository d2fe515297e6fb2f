import { ldifEntry } from '../servers/ldif.ts'
import type { GeneratedPerson } from './generated-people.ts'
import { workplaces } from './workplaces.ts'

export interface PeopleLdifOptions {
  /** Where the people go, each below the container of the site: `ou=oslo,BASE`; what `startSlapd` makes for people by default. */
  readonly base?: string
  /** `userPassword` of a person, as slapd compares it; none when absent. */
  readonly passwordOf?: (person: GeneratedPerson) => string
}

const defaultBase = 'ou=people,dc=example,dc=com'

/**
 * People as LDIF, in pieces: the containers of the sites, then people as inetOrgPerson (RFC 2798), for `startSlapd` or slapadd. Each
 * has its id as `entryUUID`, which only those take.
 */
export function* peopleLdif(
  people: Iterable<GeneratedPerson>,
  { base = defaultBase, passwordOf }: PeopleLdifOptions = {},
): Generator<string, void, void> {
  for (const { site: ou, city: description } of workplaces)
    yield ldifEntry(`ou=${ou},${base}`, { objectClass: 'organizationalUnit', ou, description })
  for (const person of people) {
    const userPassword = passwordOf?.(person) ?? []
    yield ldifEntry(personDn(person, base), { ...attributesOf(person), userPassword })
  }
}

/** Where `peopleLdif` puts a person. */
export function personDn({ alias, site }: GeneratedPerson, base = defaultBase): string {
  return `uid=${alias},ou=${site},${base}`
}

function attributesOf(person: GeneratedPerson) {
  return {
    objectClass: 'inetOrgPerson',
    entryUUID: person.id,
    uid: person.alias,
    cn: person.displayName,
    sn: person.surname,
    givenName: person.givenName,
    displayName: person.displayName,
    mail: person.mail,
    employeeNumber: person.account,
    title: person.title,
    ou: person.department,
    o: person.company,
    physicalDeliveryOfficeName: person.office,
    telephoneNumber: person.telephone,
  }
}

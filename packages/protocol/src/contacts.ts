import { parleyNamespace, rootNamespaces } from './namespaces.ts'
import { propertyNames, propertyXml } from './property-name.ts'
import { BadRequestError } from './rvp-error.ts'
import { isXmlText } from './xml-characters.ts'
import { attributeOf, childElements, findChildren, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { escapeAttribute } from './xml-writer.ts'

/** Somebody on a user's contact list. */
export interface ListedContact {
  /** The contact's logical URL, as the client spells it. */
  readonly href: string
  /** What the user calls the contact; empty for "use the directory's name". */
  readonly displayName: string
  /** Names of groups of the same list; none for a contact outside all groups. */
  readonly groups: readonly string[]
}

/** A server-kept contact list (RVP §5.4; docs/protocol/contacts.md). */
export interface ContactList {
  /** Unique, in the user's order; may be empty groups. */
  readonly groups: readonly string[]
  /** One for each URL, in the user's order. */
  readonly contacts: readonly ListedContact[]
}

const maxContacts = 1000
const maxGroups = 250
/** Contacts times the groups they are in. */
const maxMemberships = 2000
const maxTextLength = 2048

/** Reads the inner XML of the property `contacts`; an empty one is an empty list. Throws BadRequestError. */
export function parseContacts(xml: string): ContactList {
  const property = parseXml(propertyXml(propertyNames.contacts, xml).replace('>', `${rootNamespaces}>`))
  const groups = findChildren(property, parleyNamespace, 'group').map(groupName)
  const contacts = findChildren(property, parleyNamespace, 'contact').map(readContact)
  const list = { groups, contacts }
  if (groups.length + contacts.length < childElements(property).length) {
    throw new BadRequestError('contact list holds something that is neither a group nor a contact')
  }
  check(list)
  return list
}

/** Writes the inner XML of the property `contacts`. Throws BadRequestError when the list is not one that can be read back. */
export function writeContacts(list: ContactList): string {
  check(list)
  const groups = list.groups.map((name) => `<p:group name="${escapeAttribute(name)}"></p:group>`)
  return groups.join('') + list.contacts.map(contactXml).join('')
}

function readContact(element: XmlElement): ListedContact {
  const href = attributeOf(element, 'href')?.trim()
  if (!href) throw new BadRequestError('contact has no href')
  const groups = findChildren(element, parleyNamespace, 'group').map(groupName)
  return { href, displayName: attributeOf(element, 'name') ?? '', groups }
}

function groupName(element: XmlElement): string {
  const name = attributeOf(element, 'name')
  if (!name) throw new BadRequestError('group has no name')
  return name
}

function contactXml({ href, displayName, groups }: ListedContact): string {
  const memberships = groups.map((name) => `<p:group name="${escapeAttribute(name)}"></p:group>`).join('')
  return `<p:contact href="${escapeAttribute(href)}" name="${escapeAttribute(displayName)}">${memberships}</p:contact>`
}

function check({ groups, contacts }: ContactList): void {
  if (contacts.length > maxContacts) throw new BadRequestError('contact list is too long')
  if (groups.length > maxGroups) throw new BadRequestError('contact list has too many groups')
  const known = new Set(groups)
  if (known.size < groups.length) throw new BadRequestError('contact list has a group twice')
  if (new Set(contacts.map(({ href }) => href)).size < contacts.length) {
    throw new BadRequestError('contact list has a contact twice')
  }
  const memberships = contacts.flatMap((contact) => contact.groups)
  if (memberships.length > maxMemberships) throw new BadRequestError('contacts are in too many groups')
  if (!memberships.every((group) => known.has(group))) {
    throw new BadRequestError('contact is in a group that is not listed')
  }
  const texts = [...groups, ...contacts.flatMap(({ href, displayName }) => [href, displayName])]
  if (texts.some((text) => text.length > maxTextLength)) throw new BadRequestError('contact list has too long a name')
  if (!texts.every(isXmlText)) throw new BadRequestError('contact list has a name that XML cannot carry')
  if (groups.includes('') || contacts.some(({ href }) => href !== href.trim() || href === '')) {
    throw new BadRequestError('contact list has a group or contact without a name')
  }
}

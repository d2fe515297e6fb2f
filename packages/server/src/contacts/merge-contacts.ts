import type { ContactList, ListedContact } from '@parley/protocol'
import { nodeInFile } from './profile.ts'

/** A list with others' entries added, and how many contacts came, got something, or stayed as they were. */
export interface MergedContacts {
  readonly list: ContactList
  readonly added: number
  readonly changed: number
  readonly unchanged: number
}

/**
 * Adds what `given` has to `kept`, and takes nothing away: contacts that are there keep their name, spelling and place, get a
 * name where they have none, and the groups that they lack.
 */
export function mergeContacts(kept: ContactList, given: ContactList): MergedContacts {
  const contacts: ListedContact[] = [...kept.contacts]
  const places = new Map(contacts.map(({ href }, place) => [nodeInFile(href) ?? href, place]))
  const counts = { added: 0, changed: 0, unchanged: 0 }
  for (const contact of given.contacts) {
    const place = places.get(contact.href)
    const known = place === undefined ? undefined : contacts[place]
    if (place === undefined || !known) {
      places.set(contact.href, contacts.length)
      contacts.push(contact)
      counts.added += 1
      continue
    }
    const displayName = known.displayName || contact.displayName
    const groups = [...new Set([...known.groups, ...contact.groups])]
    if (displayName === known.displayName && groups.length === known.groups.length) counts.unchanged += 1
    else {
      contacts[place] = { href: known.href, displayName, groups }
      counts.changed += 1
    }
  }
  return { list: { groups: [...new Set([...kept.groups, ...given.groups])], contacts }, ...counts }
}

/** Whether the merged list differs from `kept`. */
export function isNews({ added, changed, list }: MergedContacts, kept: ContactList): boolean {
  return added + changed > 0 || list.groups.length > kept.groups.length
}

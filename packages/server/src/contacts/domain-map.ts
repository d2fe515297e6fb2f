import { domainOf, hostOf, isAuthority, type LogicalUrl, logicalUrlOf, pathOf } from '@parley/protocol'
import { ContactsError } from './contacts-error.ts'
import { nodeInFile, type Profile, ProfileBuilder } from './profile.ts'

/** New names of domains by their old ones, in lower case. */
export type DomainMap = ReadonlyMap<string, string>

/** Reads `OLD=NEW` texts. Throws ContactsError. */
export function parseDomainMap(texts: readonly string[]): DomainMap {
  return new Map(
    texts.map((text) => {
      const [from = '', to = '', ...rest] = text.toLowerCase().split('=')
      if (rest.length === 0 && isAuthority(from) && isAuthority(to)) return [from, to]
      throw new ContactsError(`--map-domain needs OLD=NEW, for instance im.old.example=im.example.com, not ${text}`)
    }),
  )
}

/** The node in its new domain. `OLD` without a port stands for every port. */
export function mapNode(node: LogicalUrl, map: DomainMap): LogicalUrl {
  const domain = domainOf(node)
  const mapped = map.get(domain) ?? map.get(hostOf(domain))
  return mapped === undefined ? node : logicalUrlOf(mapped, pathOf(node))
}

/** The profile with its user and contacts in their new domains; contacts that become one are one. */
export function mapProfile({ user, list }: Profile, map: DomainMap): Profile {
  if (map.size === 0) return { user, list }
  const builder = new ProfileBuilder()
  for (const group of list.groups) builder.addGroup(group)
  for (const { href, displayName, groups } of list.contacts) {
    const contact = nodeInFile(href)
    if (!contact) continue
    for (const group of ['', ...groups]) builder.addContact(mapNode(contact, map), displayName, group)
  }
  return { user: mapNode(user, map), list: builder.list }
}

import {
  aliasOf,
  type ContactList,
  domainOf,
  type ListedContact,
  type LogicalUrl,
  parseLogicalUrl,
  userUrl,
} from '@parley/protocol'

/** One user's contacts in a contact file. URLs are canonical. */
export interface Profile {
  readonly user: LogicalUrl
  readonly list: ContactList
}

/** Profiles of a file, and what was found among contacts that is none. */
export interface FoundProfiles {
  readonly profiles: readonly Profile[]
  /** One sentence each, with the line. */
  readonly ignored: readonly string[]
}

const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const maxNameLength = 2048

/** Collects the contacts and groups of one user; the same contact twice is one, in all its groups. */
export class ProfileBuilder {
  readonly #groups = new Set<string>()
  readonly #contacts = new Map<LogicalUrl, { displayName: string; readonly groups: Set<string> }>()

  addGroup(name: string): void {
    const cleaned = cleanName(name)
    if (cleaned !== '') this.#groups.add(cleaned)
  }

  addContact(contact: LogicalUrl, displayName: string, group?: string): void {
    const known = this.#contacts.get(contact) ?? { displayName: '', groups: new Set() }
    this.#contacts.set(contact, known)
    if (known.displayName === '') known.displayName = cleanName(displayName)
    const cleaned = group === undefined ? '' : cleanName(group)
    if (cleaned === '') return
    this.#groups.add(cleaned)
    known.groups.add(cleaned)
  }

  get list(): ContactList {
    const contacts = [...this.#contacts].map(([href, { displayName, groups }]): ListedContact => {
      return { href, displayName, groups: [...groups] }
    })
    return { groups: [...this.#groups], contacts }
  }
}

/** A list as contact files hold it: canonical URLs only; what names no node is told to `ignored`. */
export function profileOf(user: LogicalUrl, list: ContactList, ignored: (href: string) => void): Profile {
  const builder = new ProfileBuilder()
  for (const group of list.groups) builder.addGroup(group)
  for (const { href, displayName, groups } of list.contacts) {
    const contact = nodeInFile(href)
    if (!contact) ignored(href)
    else for (const group of groups.length > 0 ? groups : [undefined]) builder.addContact(contact, displayName, group)
  }
  return { user, list: builder.list }
}

/** A name without the characters that a contact list cannot hold. */
function cleanName(name: string): string {
  return name.toWellFormed().replace(notXml, ' ').slice(0, maxNameLength).toWellFormed()
}

/** The user or contact that a text names: a logical URL, or `alias@domain`; undefined for anything else. */
export function nodeInFile(text: string): LogicalUrl | undefined {
  try {
    if (/^\s*https?:/i.test(text)) return parseLogicalUrl(text)
    const [alias = '', domain, ...rest] = text.trim().split('@')
    if (domain === undefined || rest.length > 0) return undefined
    const node = parseLogicalUrl(userUrl(domain, alias))
    return aliasOf(node) === undefined ? undefined : node
  } catch {
    return undefined
  }
}

/** The user that a text names; undefined for anything else, nodes of other kinds included. */
export function userInFile(text: string): LogicalUrl | undefined {
  const node = nodeInFile(text)
  return node !== undefined && aliasOf(node) !== undefined ? node : undefined
}

/** `alias@domain` of a user, the URL of any other node. */
export function shownNode(node: LogicalUrl): string {
  const alias = aliasOf(node)
  return alias === undefined ? node : `${alias}@${domainOf(node)}`
}

import { aliasOf, type ContactList, domainOf, type LogicalUrl } from '@parley/protocol'
import type { ContactBook } from './contact-book.ts'
import { ContactsError } from './contacts-error.ts'
import { isNews, type MergedContacts, mergeContacts } from './merge-contacts.ts'
import { type Profile, shownNode, userInFile } from './profile.ts'

/** What a user's list gets from a file. */
export interface Assignment {
  readonly user: LogicalUrl
  readonly list: ContactList
}

/** Profiles as they go to users, and sentences about those that do not. */
export interface Assignments {
  readonly assignments: readonly Assignment[]
  readonly notes: readonly string[]
}

/** One profile a user: what several files say of the same user is joined. */
export function joinProfiles(profiles: readonly Profile[]): readonly Profile[] {
  const lists = new Map<LogicalUrl, ContactList>()
  for (const { user, list } of profiles) {
    const known = lists.get(user)
    lists.set(user, known ? mergeContacts(known, list).list : list)
  }
  return [...lists].map(([user, list]) => ({ user, list }))
}

/**
 * The profile for one user: that which `asked` names by URL, address or alias, else the user's own, else the only one. Throws
 * ContactsError when that leaves a choice.
 */
export function chooseProfile(profiles: readonly Profile[], user: LogicalUrl | undefined, asked?: string): Profile {
  const names = profiles.map((profile) => shownNode(profile.user)).join(', ')
  if (asked !== undefined) {
    const wanted = userInFile(asked)
    const found = profiles.filter((profile) => profile.user === wanted || aliasOf(profile.user) === asked.toLowerCase())
    const [first, second] = found
    if (first && !second) return first
    throw new ContactsError(`--profile ${asked} is ${first ? 'not the only one of that name' : 'not there'}: ${names}`)
  }
  const [only, another] = profiles
  const own = profiles.find((profile) => profile.user === user) ?? (another ? undefined : only)
  if (own) return own
  if (!only)
    throw new ContactsError('the file has no contacts of Exchange IM: no key …\\Messenger\\Profiles\\…\\Contacts')
  const mend = 'name one with --profile, or say with --map-domain where its domain is now'
  throw new ContactsError(`the file has several profiles, none of them yours; ${mend}: ${names}`)
}

/** Profiles for `users`, who are known by their aliases; notes name those that fit nobody. */
export function assignProfiles(profiles: readonly Profile[], users: readonly LogicalUrl[]): Assignments {
  const byAlias = new Map(users.map((user) => [aliasOf(user), user]))
  const lists = new Map<LogicalUrl, ContactList>()
  const notes: string[] = []
  for (const profile of profiles) {
    const user = byAlias.get(aliasOf(profile.user))
    if (!user) {
      notes.push(
        `${shownNode(profile.user)} is no user here; its ${profile.list.contacts.length} contacts are left out`,
      )
      continue
    }
    const [from, to] = [domainOf(profile.user), domainOf(user)]
    if (from !== to) {
      const option = `--map-domain ${from}=${to}`
      notes.push(`${shownNode(profile.user)} is taken for ${shownNode(user)}; if its contacts moved, too: ${option}`)
    }
    const known = lists.get(user)
    lists.set(user, known ? mergeContacts(known, profile.list).list : profile.list)
  }
  return { assignments: [...lists].map(([user, list]) => ({ user, list })), notes }
}

/** Adds the list to what the user has; with `dryRun` only says what that would do. Rejects with ContactsError. */
export async function importList(
  book: ContactBook,
  { user, list }: Assignment,
  dryRun: boolean,
): Promise<MergedContacts> {
  const kept = await book.read(user)
  const merged = mergeContacts(kept, list)
  if (!dryRun && isNews(merged, kept)) await book.write(user, merged.list)
  return merged
}

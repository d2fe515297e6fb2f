import { z } from 'zod'
import { ContactsError } from './contacts-error.ts'
import { type FoundProfiles, nodeInFile, type Profile, ProfileBuilder, userInFile } from './profile.ts'

const contact = z.strictObject({
  href: z.string(),
  displayName: z.string().default(''),
  groups: z.array(z.string()).default([]),
})
const profilesFile = z.array(
  z.strictObject({ user: z.string(), groups: z.array(z.string()).default([]), contacts: z.array(contact).default([]) }),
)

/** Reads what `writeJsonProfiles` writes. Throws ContactsError. */
export function readJsonProfiles(text: string): FoundProfiles {
  const result = profilesFile.safeParse(parseJson(text))
  if (!result.success) throw new ContactsError(`not a list of contacts:\n${z.prettifyError(result.error)}`)
  const ignored: string[] = []
  const profiles = result.data.flatMap(({ user, groups, contacts }): Profile[] => {
    const node = userInFile(user)
    if (!node) ignored.push(`${JSON.stringify(user)} is not the URL of a user`)
    const list = new ProfileBuilder()
    for (const group of groups) list.addGroup(group)
    for (const { href, displayName, groups: memberships } of contacts) {
      const member = nodeInFile(href)
      if (!member) ignored.push(`${JSON.stringify(href)} is not the URL of a contact`)
      else for (const group of ['', ...memberships]) list.addContact(member, displayName, group)
    }
    return node ? [{ user: node, list: list.list }] : []
  })
  return { profiles, ignored }
}

/** Profiles as JSON: `[{ "user": URL, "groups": [NAME], "contacts": [{ "href": URL, "displayName", "groups": [NAME] }] }]`. */
export function writeJsonProfiles(profiles: readonly Profile[]): string {
  return `${JSON.stringify(
    profiles.map(({ user, list }) => ({ user, groups: list.groups, contacts: list.contacts })),
    undefined,
    2,
  )}\n`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // NOTE: no cause; JSON.parse quotes the content.
    throw new ContactsError('the file is not JSON')
  }
}

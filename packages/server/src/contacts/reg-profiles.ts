import type { LogicalUrl } from '@parley/protocol'
import { codePage } from './decode-text.ts'
import { type FoundProfiles, nodeInFile, type Profile, ProfileBuilder, userInFile } from './profile.ts'
import type { RegData, RegFile, RegKey, RegValue } from './reg-file.ts'

/** Where Exchange's Messenger keeps a profile a user, below the root of that user's registry. */
const profilesPath = '\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\'
const currentUser = 'HKEY_CURRENT_USER'
const stringTypes = new Set([1, 2, 7])

/** A key below `…\Contacts`, as later parts of the file left it. */
interface ContactsKey {
  /** Names of keys below Contacts. */
  readonly below: readonly string[]
  readonly values: Map<string, RegValue>
}

/**
 * The contact lists in a `.reg` file: one value a contact below `Profiles\<user's URL>\Contacts`, named by the contact's URL,
 * its text the display name. Nobody documents more, so this is lenient: data that is no text leaves the name empty; a key below
 * Contacts is a contact when it is named by a URL, else a group, whose name its default value may hold. Later parts of the
 * file change what earlier ones said, and keys and values may be removed, as in the registry itself.
 */
export function readRegProfiles(file: RegFile, encoding: string): FoundProfiles {
  const users = new Map<LogicalUrl, Map<string, ContactsKey>>()
  const ignored: string[] = []
  for (const key of file.keys) {
    const place = placeOf(key.path)
    if (!place) continue
    const user = userInFile(place.user)
    if (!user) ignored.push(`line ${key.line}: ${JSON.stringify(place.user)} is not the URL of a user`)
    else if (key.removed) remove(users, user, place.below)
    else if (place.below) put(users, user, place.below, key)
  }
  const textOf = (data: RegData): string => dataText(data, file.version, encoding)
  const profiles = [...users].map(([user, keys]) => ({ user, list: readList([...keys.values()], textOf, ignored) }))
  return { profiles, ignored }
}

/** The registry keys of profiles: contacts as Messenger has them, groups in keys of our own below `Contacts\Groups`. */
export function regKeysOf(profiles: readonly Profile[]): RegKey[] {
  return profiles.flatMap(({ user, list }) => {
    const contacts = `${currentUser}${profilesPath}${user}\\Contacts`
    const values = list.contacts.map(({ href, displayName }) => stringValue(href, displayName))
    const groups = list.groups.map((name, index) => {
      const members = list.contacts.filter((contact) => contact.groups.includes(name))
      const membership = members.map(({ href, displayName }) => stringValue(href, displayName))
      return regKey(`${contacts}\\Groups\\${index + 1}`, [stringValue('', name), ...membership])
    })
    return [regKey(contacts, values), ...groups]
  })
}

function regKey(path: string, values: readonly RegValue[]): RegKey {
  return { path, removed: false, values, line: 0 }
}

function stringValue(name: string, text: string): RegValue {
  return { name, data: { kind: 'string', text }, line: 0 }
}

/** The user's URL and the keys below its Contacts; `below` is undefined for the profile itself and its other keys. */
function placeOf(path: string): { user: string; below: readonly string[] | undefined } | undefined {
  const at = path.toLowerCase().indexOf(profilesPath.toLowerCase())
  if (at < 0) return undefined
  const [user = '', contacts, ...below] = path.slice(at + profilesPath.length).split('\\')
  if (contacts === undefined) return { user, below: undefined }
  return contacts.toLowerCase() === 'contacts' ? { user, below } : undefined
}

function idOf(below: readonly string[]): string {
  return below.map((name) => `${name.toLowerCase()}\\`).join('')
}

function put(
  users: Map<LogicalUrl, Map<string, ContactsKey>>,
  user: LogicalUrl,
  below: readonly string[],
  { values }: RegKey,
): void {
  const keys = users.get(user) ?? new Map<string, ContactsKey>()
  users.set(user, keys)
  const id = idOf(below)
  const key = keys.get(id) ?? { below, values: new Map() }
  keys.set(id, key)
  for (const value of values) {
    const name = value.name.toLowerCase()
    if (value.data.kind === 'removed') key.values.delete(name)
    else key.values.set(name, value)
  }
}

function remove(
  users: Map<LogicalUrl, Map<string, ContactsKey>>,
  user: LogicalUrl,
  below: readonly string[] | undefined,
): void {
  const keys = users.get(user)
  if (!keys) return
  if (!below || below.length === 0) {
    users.delete(user)
    return
  }
  for (const id of keys.keys()) if (id.startsWith(idOf(below))) keys.delete(id)
}

function readList(keys: readonly ContactsKey[], textOf: (data: RegData) => string, ignored: string[]): Profile['list'] {
  const list = new ProfileBuilder()
  for (const { below, values } of keys) {
    const named = new Map(values)
    const defaultValue = named.get('')
    named.delete('')
    const ownName = defaultValue ? textOf(defaultValue.data) : ''
    const last = below.at(-1)
    const contact = last === undefined ? undefined : nodeInFile(last)
    const group = groupOf(contact ? below.slice(0, -1) : below, contact ? '' : ownName)
    if (group !== undefined) list.addGroup(group)
    if (contact) {
      list.addContact(contact, ownName || nameAmong(named, textOf), group)
      continue
    }
    for (const value of named.values()) {
      const member = nodeInFile(value.name)
      if (member) list.addContact(member, textOf(value.data), group)
      else ignored.push(`line ${value.line}: ${JSON.stringify(value.name)} is not the URL of a contact`)
    }
  }
  return list.list
}

/** The group that a key stands for; undefined for Contacts itself, and for a key that only holds the groups. */
function groupOf(below: readonly string[], ownName: string): string | undefined {
  const path = below[0]?.toLowerCase() === 'groups' ? below.slice(1) : below
  return path.length === 0 ? undefined : ownName || path.join('\\')
}

/** The display name in a key that a contact has for itself. */
function nameAmong(values: ReadonlyMap<string, RegValue>, textOf: (data: RegData) => string): string {
  for (const name of ['displayname', 'friendlyname', 'name']) {
    const value = values.get(name)
    if (value) return textOf(value.data)
  }
  return ''
}

/** The text of a value; empty when it holds none. */
function dataText(data: RegData, version: RegFile['version'], encoding: string): string {
  if (data.kind === 'string') return data.text
  if (data.kind !== 'hex' || !stringTypes.has(data.type)) return ''
  const decoder = version === 5 ? new TextDecoder('utf-16le') : codePage(encoding)
  return decoder.decode(data.bytes).split('\0', 1)[0] ?? ''
}

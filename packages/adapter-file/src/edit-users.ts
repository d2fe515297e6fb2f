import { readFile, realpath } from 'node:fs/promises'
import { accountNameOf } from '@parley/domain'
import { type Document, isSeq } from 'yaml'
import { z } from 'zod'
import { lockForEditing } from './edit-lock.ts'
import { parseUsers } from './parse-users.ts'
import { replaceFile } from './replace-file.ts'
import { UsersFileError } from './users-file-error.ts'
import { imDomain, ntDomain, type UserContent, type UsersContent, userName } from './users-schema.ts'
import { accountVerifier, imVerifiers, type KnownDomains } from './verifiers.ts'

/** A user to add to a users file. */
export interface NewUser extends Partial<KnownDomains> {
  /** An alias, or `alias@domain`, which makes the domain known. */
  readonly name: string
  /** For IM and for the account. */
  readonly password: string
  /** Users are disabled until somebody enables them, as in Exchange. */
  readonly enabled?: boolean | undefined
  readonly displayName?: string | undefined
  readonly mail?: string | undefined
}

/** Which of a user's passwords to set: the IM password is proved by Digest and NTLM, the account's by Basic over TLS. */
export type PasswordKind = 'im' | 'account'

/** What a change of passwords leaves to be done. */
export interface PasswordResult {
  /**
   * Users who cannot sign in with Digest as `user@domain` or `DOMAIN\user` of a domain that has become known, until their
   * passwords are set again.
   */
  readonly missingSpellings: readonly string[]
}

/** A user as `parley user list` shows it. */
export interface ListedUser {
  readonly name: string
  readonly enabled: boolean
  readonly displayName: string
  readonly mail?: string | undefined
  /** Schemes that the user has verifiers for. */
  readonly schemes: readonly ('digest' | 'ntlm' | 'basic')[]
}

const newFile = `# Users of Parley; edited by "parley user". Whoever can read the digest and ntlm verifiers can sign in with them:
# keep this file private. A change of the realm makes all digest verifiers worthless.
realm: parley
domains: []
ntDomains: []
users: []
`

/**
 * Adds a user; makes the file if there is none. Like all functions here it keeps comments and order, replaces the file in one
 * step, and rejects with UsersFileError.
 */
export async function addUser(path: string, user: NewUser): Promise<PasswordResult> {
  const [alias = '', ...mailDomains] = user.name.split('@')
  const name = checked(userName, alias, 'the user name')
  const domains = checkedDomains({ ...user, domains: [...(user.domains ?? []), ...mailDomains] })
  const password = checkedPassword(user.password)
  const account = await accountVerifier(password)
  return await edit(path, true, async (document, content) => {
    if (rowOf(content, name) >= 0) throw new UsersFileError(`${name} is already in ${path}; see: parley user passwd`)
    const known = learnDomains(document, content, domains)
    const im = await imVerifiers(name, password, content.realm, known)
    const { enabled = false, displayName, mail } = user
    append(document, 'users', {
      name,
      enabled,
      ...(displayName === undefined ? {} : { displayName }),
      ...(mail === undefined ? {} : { mail }),
      verifiers: { ...im, password: account },
    })
    return { missingSpellings: missingSpellings(content, known, name) }
  })
}

/** Sets both passwords of a user, or only one. */
export async function setPassword(
  path: string,
  name: string,
  newPassword: string,
  options: Partial<KnownDomains> & { readonly only?: PasswordKind | undefined } = {},
): Promise<PasswordResult> {
  const { only } = options
  const domains = checkedDomains(options)
  const password = checkedPassword(newPassword)
  const account = only === 'im' ? undefined : await accountVerifier(password)
  return await edit(path, false, async (document, content) => {
    const at = existingRow(content, name, path)
    const known = learnDomains(document, content, domains)
    const user = content.users[at]?.name ?? name
    if (only !== 'account') {
      const { digest, ntlm } = await imVerifiers(user, password, content.realm, known)
      document.setIn(['users', at, 'verifiers', 'digest'], document.createNode(digest))
      document.setIn(['users', at, 'verifiers', 'ntlm'], ntlm)
    }
    if (account !== undefined) document.setIn(['users', at, 'verifiers', 'password'], account)
    return { missingSpellings: missingSpellings(content, known, only === 'account' ? undefined : user) }
  })
}

/** Lets a user use IM, or not. */
export async function setEnabled(path: string, name: string, enabled: boolean): Promise<void> {
  await edit(path, false, (document, content) => {
    document.setIn(['users', existingRow(content, name, path), 'enabled'], enabled)
  })
}

/** Removes a user. */
export async function removeUser(path: string, name: string): Promise<void> {
  await edit(path, false, (document, content) => {
    document.deleteIn(['users', existingRow(content, name, path)])
  })
}

/** The users of a file, in its order; a file that does not exist has none. */
export async function listUsers(path: string): Promise<ListedUser[]> {
  const { content } = parseUsers(await readUsers(path, true), path)
  return content.users.map(({ name, enabled, displayName = name, mail, verifiers }) => {
    const schemes: ListedUser['schemes'] = [
      ...(Object.keys(verifiers.digest).length > 0 ? ['digest' as const] : []),
      ...(verifiers.ntlm === undefined ? [] : ['ntlm' as const]),
      ...(verifiers.password === undefined ? [] : ['basic' as const]),
    ]
    return { name, enabled, displayName, ...(mail === undefined ? {} : { mail }), schemes }
  })
}

async function edit<T>(
  givenPath: string,
  create: boolean,
  change: (document: Document, content: UsersContent) => T | Promise<T>,
): Promise<T> {
  // A link is followed: what it points to is replaced, not the link.
  const path = await realpath(givenPath).catch(() => givenPath)
  await using _lock = await lockForEditing(path)
  const { document, content } = parseUsers(await readUsers(path, create), path)
  const result = await change(document, content)
  const text = document.toString({ lineWidth: 0 })
  parseUsers(text, path)
  await replaceFile(path, text)
  return result
}

async function readUsers(path: string, orNew: boolean): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    return orNew && text.trim() === '' ? newFile : text
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown error'
    if (code !== 'ENOENT') throw new UsersFileError(`${path} cannot be read (${code})`, { cause })
    if (orNew) return newFile
    throw new UsersFileError(`${path} does not exist; make it with: parley user add NAME --users ${path}`, { cause })
  }
}

function rowOf({ users }: UsersContent, name: string): number {
  const account = accountNameOf(name)
  return users.findIndex((user) => user.name.toLowerCase() === account)
}

function existingRow(content: UsersContent, name: string, path: string): number {
  const at = rowOf(content, name)
  if (at < 0) throw new UsersFileError(`${name} is not in ${path}; see: parley user list --users ${path}`)
  return at
}

function checkedDomains({ domains = [], ntDomains = [] }: Partial<KnownDomains>): KnownDomains {
  return {
    domains: domains.map((domain) => checked(imDomain, domain.toLowerCase(), 'the domain')),
    ntDomains: ntDomains.map((domain) => checked(ntDomain, domain, 'the Windows domain')),
  }
}

/** Adds domains to those of the file; the result is all of them. */
function learnDomains(document: Document, content: UsersContent, more: KnownDomains): KnownDomains {
  return {
    domains: learn(document, 'domains', content.domains, more.domains),
    ntDomains: learn(document, 'ntDomains', content.ntDomains, more.ntDomains),
  }
}

function learn(document: Document, key: string, known: readonly string[], more: readonly string[]): string[] {
  const all = new Set(known)
  for (const domain of more) {
    if (!all.has(domain)) append(document, key, domain)
    all.add(domain)
  }
  return [...all]
}

function append(document: Document, key: string, value: unknown): void {
  const list = document.get(key)
  if (!isSeq(list)) {
    document.set(key, document.createNode([value]))
    return
  }
  if (list.items.length === 0) list.flow = key !== 'users'
  list.add(document.createNode(value))
}

/** Users other than `done` who lack verifiers for domains that the file did not have. */
function missingSpellings(content: UsersContent, known: KnownDomains, done: string | undefined): string[] {
  const grown = known.domains.length > content.domains.length || known.ntDomains.length > content.ntDomains.length
  if (!grown) return []
  const hasDigest = ({ verifiers }: UserContent) => Object.keys(verifiers.digest).length > 0
  return content.users.filter((user) => user.name !== done && hasDigest(user)).map(({ name }) => name)
}

function checked(schema: z.ZodType<string>, value: string, what: string): string {
  const result = schema.safeParse(value)
  if (!result.success) throw new UsersFileError(`${what} ${result.error.issues[0]?.message}`)
  return result.data
}

const maxPasswordLength = 256

function checkedPassword(password: string): string {
  if (password === '') throw new UsersFileError('the password is empty; give one')
  const schema = z
    .string()
    .regex(/^\P{Cc}*$/u)
    .max(maxPasswordLength)
  if (schema.safeParse(password).success) return password
  throw new UsersFileError(`the password must have at most ${maxPasswordLength} characters, no control characters`)
}

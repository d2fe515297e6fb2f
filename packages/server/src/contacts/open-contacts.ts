import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listUsers } from '@parley/adapter-file'
import { NodeStoreLmdb } from '@parley/adapter-lmdb'
import type { RvpTransport } from '@parley/client'
import { type AuthenticationScheme, authenticationFor, UndiciTransport } from '@parley/client/node'
import { NodeStoreMemory } from '@parley/domain'
import { aliasOf, domainOf, isAuthority, type LogicalUrl, userUrl } from '@parley/protocol'
import type { ContactBook } from './contact-book.ts'
import { ContactsError } from './contacts-error.ts'
import { userInFile } from './profile.ts'
import { servedContactBook } from './served-contact-book.ts'
import { openStoredContactBook } from './stored-contact-book.ts'

/** Contact lists, and whose they are. */
export interface OpenContacts extends AsyncDisposable {
  readonly book: ContactBook
  readonly users: readonly LogicalUrl[]
}

/** A user's own list, behind a server. */
export interface ServedContactsOptions {
  /** `alias@domain`, or the logical URL. */
  readonly as: string
  readonly server: string | undefined
  readonly user: string | undefined
  readonly scheme: AuthenticationScheme
  readonly ca: string | undefined
  readonly password: string
}

/** A user who asks a server. */
export interface SignedInUser extends AsyncDisposable {
  readonly self: LogicalUrl
  readonly transport: RvpTransport
}

/** Nothing is asked of the server yet. Throws ContactsError. */
export async function openServedContacts(options: ServedContactsOptions): Promise<OpenContacts> {
  const user = await openSignedInUser(options)
  const { transport, self } = user
  return {
    book: servedContactBook(transport, self),
    users: [self],
    [Symbol.asyncDispose]: () => user[Symbol.asyncDispose](),
  }
}

/** Nothing is asked of the server yet. Throws ContactsError. */
export async function openSignedInUser(options: ServedContactsOptions): Promise<SignedInUser> {
  const self = parseUser(options.as)
  const { server = `http://${domainOf(self)}`, scheme, ca } = options
  if (scheme === 'basic' && !server.startsWith('https:'))
    throw new ContactsError('--scheme basic needs an https server')
  const credentials = { user: options.user ?? aliasOf(self) ?? '', password: options.password }
  const transport = new UndiciTransport({
    server,
    authentication: authenticationFor(scheme, credentials),
    ...(ca !== undefined && { ca: await readFile(ca, 'utf8') }),
  })
  return { self, transport, [Symbol.asyncDispose]: () => transport.close() }
}

/** The lists in the store of a stopped server. */
export interface StoredContactsOptions {
  readonly data: string
  /** The users file; without it, everybody in the store who has a list. */
  readonly users: string | undefined
  /** The IM domain of the users in the file; without it all domains, which needs `users` to be absent. */
  readonly domain: string | undefined
  readonly readOnly: boolean
}

/** Rejects with ContactsError, StoreInUseError while a server runs, CorruptStoreError and UsersFileError. */
export async function openStoredContacts({
  data,
  users,
  domain,
  readOnly,
}: StoredContactsOptions): Promise<OpenContacts> {
  if (domain !== undefined && !isAuthority(domain)) throw new ContactsError(`${domain} is not a host name`)
  const named = users === undefined ? undefined : await usersOf(users, domain)
  await using open = new AsyncDisposableStack()
  const isThere = existsSync(join(data, 'data.mdb'))
  const lmdb = isThere || !readOnly ? open.use(await NodeStoreLmdb.open({ path: data })) : undefined
  const book = await openStoredContactBook(
    lmdb ?? new NodeStoreMemory(),
    lmdb && !readOnly ? await lmdb.takeEpoch() : 1,
  )
  const inDomain = book.users.filter((user) => domain === undefined || domainOf(user) === domain.toLowerCase())
  const toClose = open.move()
  return { book, users: named ?? inDomain, [Symbol.asyncDispose]: () => toClose.disposeAsync() }
}

async function usersOf(path: string, domain: string | undefined): Promise<LogicalUrl[]> {
  if (domain === undefined) throw new ContactsError('--users needs --domain: the IM domain of its users')
  if (!existsSync(path)) throw new ContactsError(`${path} does not exist; it is the file that "parley user" writes`)
  return (await listUsers(path)).map(({ name }) => userUrl(domain, name))
}

function parseUser(text: string): LogicalUrl {
  const user = userInFile(text)
  if (user) return user
  throw new ContactsError(`--as needs an address such as alice@im.example.com, not ${text}`)
}

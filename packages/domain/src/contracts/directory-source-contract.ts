import { describe, expect, it } from 'vitest'
import {
  CookieUselessError,
  type DirectorySource,
  type SourceBatch,
  type SourceCookie,
  type SourceEnd,
  type SourceEntry,
  type SourceId,
} from '../directory-source.ts'

/** A user that a contract puts into a directory; the alias is the account. */
export interface ContractPerson {
  readonly account: string
  readonly displayName: string
}

/** A directory in which there is nobody yet, and how it is administered. */
export interface DirectoryUnderTest extends AsyncDisposable {
  readonly source: DirectorySource
  /** The same directory, read by a process that was started later. */
  again(): DirectorySource
  add(...people: readonly ContractPerson[]): Promise<void>
  change(account: string, displayName: string): Promise<void>
  rename(account: string, newAccount: string): Promise<void>
  /** Switches an account off; it stays in the directory. */
  disable(account: string): Promise<void>
  enable(account: string): Promise<void>
  /** Makes an entry one whose alias cannot be part of a URL. */
  spoil(account: string): Promise<void>
  remove(account: string): Promise<void>
}

export type OpenDirectorySource = () => Promise<DirectoryUnderTest>

const alice: ContractPerson = { account: 'alice', displayName: 'Alice Müller' }
const bob: ContractPerson = { account: 'bob', displayName: 'Bob Øverland' }

/** What everything that users come from does: a users file as well as LDAP. */
export function directorySourceContract(open: OpenDirectorySource): void {
  describe('DirectorySource contract', () => {
    it('gives everybody who may use IM, each with an id, a node and a name', async () => {
      await using directory = await open()
      await directory.add(alice, bob)
      const { users } = await readAll(directory.source)
      expect(users.map(nameOf)).toEqual(['alice: Alice Müller', 'bob: Bob Øverland'])
      for (const { id, node, origin } of users) {
        expect(id).toMatch(/^[\x21-\x40\x5b-\x7e]{1,128}$/)
        expect(node).toMatch(/^http:\/\/[^/]+\/instmsg\/aliases\/(?:alice|bob)$/)
        expect(origin).not.toBe('')
      }
    })

    it('gives nobody twice, however many there are', async () => {
      await using directory = await open()
      const people = Array.from({ length: 1_203 }, (_, number) => ({
        account: `user${number}`,
        displayName: `User ${number}`,
      }))
      await directory.add(...people)
      const read: number[] = []
      const { users } = await readAll(directory.source, (count) => read.push(count))
      expect(new Set(users.map(({ node }) => node)).size).toBe(1_203)
      expect(users.length).toBe(1_203)
      expect(read.at(-1)).toBe(1_203)
      expect(read.toSorted((a, b) => a - b)).toEqual(read)
    })

    it('does not give who is switched off', async () => {
      await using directory = await open()
      await directory.add(alice, bob)
      await directory.disable('alice')
      expect((await readAll(directory.source)).users.map(nameOf)).toEqual(['bob: Bob Øverland'])
    })

    it('keeps the id of an entry whatever becomes of it', async () => {
      await using directory = await open()
      await directory.add(alice)
      const [before] = (await readAll(directory.source)).users
      await directory.change('alice', 'Alice Jones')
      const [after] = (await readAll(directory.again())).users
      expect(after?.id).toBe(before?.id)
      expect(after?.displayName).toBe('Alice Jones')
    })

    it('has one fingerprint for one configuration', async () => {
      await using directory = await open()
      expect(directory.again().fingerprint).toBe(directory.source.fingerprint)
    })
  })
}

/** What a source does besides that tells changes apart. */
export function directoryChangesContract(
  open: OpenDirectorySource,
  { tellsRemoved }: { readonly tellsRemoved: boolean },
): void {
  describe('DirectorySource contract: changes', () => {
    it('names an entry that cannot be used, and leaves the others as they are', async () => {
      await using directory = await open()
      await directory.add(alice, bob)
      await directory.spoil('alice')
      const { users, problems } = await readAll(directory.source)
      expect(users.map(nameOf)).toEqual(['bob: Bob Øverland'])
      expect(problems.map(({ origin }) => origin)).toEqual([expect.stringMatching(/./)])
      expect(problems[0]?.what).toMatch(/alias/)
    })

    it('gives nothing when nothing has changed', async () => {
      await using directory = await open()
      await directory.add(alice)
      const follow = await startFollowing(directory)
      await follow()
      expect(await follow()).toEqual({ users: [], gone: [], problems: [] })
    })

    it('gives who was added or changed, as they are now', async () => {
      await using directory = await open()
      await directory.add(alice)
      const follow = await startFollowing(directory)
      await directory.add(bob)
      await directory.change('alice', 'Alice Jones')
      await directory.change('alice', 'Alice Smith')
      expect((await follow()).users.map(nameOf)).toEqual(['alice: Alice Smith', 'bob: Bob Øverland'])
    })

    it('gives who got another alias under the same id', async () => {
      await using directory = await open()
      await directory.add(alice, bob)
      const id = await idOf(directory, 'alice')
      const follow = await startFollowing(directory)
      await directory.rename('alice', 'alicia')
      const { users, gone } = await follow()
      expect(users.map((user) => [user.id, aliasOf(user)])).toEqual([[id, 'alicia']])
      expect(gone).not.toContain(id)
    })

    it('tells that somebody was switched off, and on again', async () => {
      await using directory = await open()
      await directory.add(alice)
      const id = await idOf(directory, 'alice')
      const follow = await startFollowing(directory)
      await directory.disable('alice')
      const off = await follow()
      expect(off.gone).toContain(id)
      expect(off.users).toEqual([])
      await directory.enable('alice')
      const on = await follow()
      expect(on.users.map(nameOf)).toEqual(['alice: Alice Müller'])
      expect(on.gone).not.toContain(id)
    })

    it('tells that an entry cannot be used any more', async () => {
      await using directory = await open()
      await directory.add(alice)
      const id = await idOf(directory, 'alice')
      const follow = await startFollowing(directory)
      await directory.spoil('alice')
      const { users, gone, problems } = await follow()
      expect(users).toEqual([])
      expect(gone).not.toContain(id)
      expect(problems.map((problem) => problem.id)).toEqual([id])
    })

    if (tellsRemoved)
      it('tells who was removed', async () => {
        await using directory = await open()
        await directory.add(alice, bob)
        const id = await idOf(directory, 'alice')
        const follow = await startFollowing(directory)
        await directory.remove('alice')
        const { users, gone } = await follow()
        expect(gone).toContain(id)
        expect(users).toEqual([])
      })
    else
      it('says that it does not tell who was removed, and gives the others in a full read', async () => {
        await using directory = await open()
        await directory.add(alice, bob)
        const { end } = await readAll(directory.source)
        expect(end.missesDeletions).toBe(true)
        await directory.remove('alice')
        expect((await readAll(directory.source)).users.map(nameOf)).toEqual(['bob: Bob Øverland'])
      })

    it('goes on from its cookie after a restart', async () => {
      await using directory = await open()
      await directory.add(alice)
      const { end } = await readAll(directory.source)
      await directory.add(bob)
      const later = await collect(directory.again().changes(cookieOf(end)))
      expect(later.users.map(nameOf)).toContain('bob: Bob Øverland')
    })

    it('refuses a cookie of somebody else', async () => {
      await using directory = await open()
      await directory.add(alice)
      for (const cookie of ['', 'nonsense', '{}', '[1]', '{"server":1}'])
        await expect(collect(directory.source.changes(cookie)), cookie).rejects.toThrow(CookieUselessError)
    })
  })
}

interface Collected {
  readonly users: readonly SourceEntry[]
  readonly gone: readonly SourceId[]
  readonly problems: SourceBatch['problems']
  readonly end: SourceEnd
}

/** Everything that is read, users by their node. */
async function readAll(source: DirectorySource, progress?: (read: number) => void): Promise<Collected> {
  return await collect(source.read(progress && (({ read }) => progress(read))))
}

async function collect(batches: AsyncGenerator<SourceBatch, SourceEnd, void>): Promise<Collected> {
  const last = new Map<SourceId, SourceEntry>()
  const gone = new Set<SourceId>()
  const problems: SourceBatch['problems'][number][] = []
  let next = await batches.next()
  for (; !next.done; next = await batches.next()) {
    for (const entry of next.value.entries) last.set(entry.id, entry)
    for (const id of next.value.gone) gone.add(id)
    problems.push(...next.value.problems)
  }
  const users = [...last.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1))
  return { users, gone: [...gone], problems, end: next.value }
}

/** Reads everything; what it returns gives what has changed since it was last called. */
async function startFollowing({ source }: DirectoryUnderTest): Promise<() => Promise<Omit<Collected, 'end'>>> {
  let cookie = cookieOf((await readAll(source)).end)
  return async () => {
    const { end, ...changes } = await collect(source.changes(cookie))
    cookie = cookieOf(end)
    return changes
  }
}

function cookieOf({ cookie }: SourceEnd): SourceCookie {
  expect(cookie?.length).toBeGreaterThan(0)
  expect(cookie?.length).toBeLessThanOrEqual(65_536)
  return cookie ?? ''
}

async function idOf({ source }: DirectoryUnderTest, account: string): Promise<SourceId> {
  const { users } = await readAll(source)
  return users.find((user) => aliasOf(user) === account)?.id ?? ''
}

function aliasOf({ node }: SourceEntry): string {
  return node.slice(node.lastIndexOf('/') + 1)
}

function nameOf(entry: SourceEntry): string {
  return `${aliasOf(entry)}: ${entry.displayName}`
}

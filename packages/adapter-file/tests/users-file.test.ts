import { chmod, rename, writeFile } from 'node:fs/promises'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { openUsersFile, type UsersFile, UsersFileError } from '../src/index.ts'
import { usersDirectory } from './users-directory.ts'

const domain = 'im.example.com'
const alice = userUrl(domain, 'alice')
const bob = userUrl(domain, 'bob')

const fileOf = (...names: string[]) =>
  `users:\n${names.map((name) => `  - { name: ${name}, enabled: true }\n`).join('')}`

async function open(text: string) {
  const made = await usersDirectory()
  await writeFile(made.path, text, { mode: 0o600 })
  let hear = Promise.withResolvers<string>()
  const users = await openUsersFile(made.path, { domain, onProblem: ({ message }) => hear.resolve(message) })
  return {
    path: made.path,
    users,
    /** The next problem that matches; a writer is not heard half-way. */
    async problem(pattern: RegExp): Promise<string> {
      for (;;) {
        const message = await hear.promise
        hear = Promise.withResolvers()
        if (pattern.test(message)) return message
      }
    },
    async [Symbol.asyncDispose]() {
      await users[Symbol.asyncDispose]()
      await made[Symbol.asyncDispose]()
    },
  }
}

async function knows(users: UsersFile, node: LogicalUrl): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = users.onChange(() => users.user(node) && resolve())
  if (!users.user(node)) await promise
  stop()
}

describe('a users file that is open', () => {
  it('follows changes in place and by replacement', async () => {
    await using opened = await open(fileOf('alice'))
    await writeFile(opened.path, fileOf('alice', 'bob'))
    await knows(opened.users, bob)
    await writeFile(`${opened.path}.other`, fileOf('alice', 'carol'), { mode: 0o600 })
    await rename(`${opened.path}.other`, opened.path)
    await knows(opened.users, userUrl(domain, 'carol'))
    expect(opened.users.user(bob)).toBeUndefined()
  })

  it('keeps its last good content while the file is broken, and says why', async () => {
    await using opened = await open(fileOf('alice'))
    await writeFile(opened.path, `${fileOf('bob')}shoes: 2\n`)
    expect(await opened.problem(/shoes/)).toContain('line 3: shoes is not known here')
    expect(opened.users.user(alice)).toBeDefined()
    expect(opened.users.user(bob)).toBeUndefined()
    await writeFile(opened.path, fileOf('bob'))
    await knows(opened.users, bob)
  })

  it('signs nobody off while a program that empties the file first writes it', async () => {
    await using opened = await open(fileOf('alice'))
    const changes: (readonly LogicalUrl[])[] = []
    opened.users.onChange((changed) => changes.push(changed))
    await writeFile(opened.path, '')
    await opened.problem(/is empty/)
    await writeFile(opened.path, '# Users of Parley\n')
    await opened.problem(/is empty/)
    await writeFile(opened.path, fileOf('alice', 'bob'))
    await knows(opened.users, bob)
    expect(changes).toEqual([[bob]])
  })

  it('takes an empty list of users for what it is', async () => {
    await using opened = await open(fileOf('alice'))
    const { promise, resolve } = Promise.withResolvers<readonly LogicalUrl[]>()
    opened.users.onChange(resolve)
    await writeFile(opened.path, 'users: []\n')
    expect(await promise).toEqual([alice])
    expect(opened.users.user(alice)).toBeUndefined()
  })

  it('takes nothing from a file that everybody may read', async () => {
    await using opened = await open(fileOf('alice'))
    await chmod(opened.path, 0o644)
    expect(await opened.problem(/open to every user/)).toContain('chmod 600')
    await expect(openUsersFile(opened.path, { domain, onProblem: () => undefined })).rejects.toThrow('chmod 600')
    expect(opened.users.user(alice)).toBeDefined()
  })

  it('is refused when it is broken or missing', async () => {
    await using made = await usersDirectory()
    const options = { domain, onProblem: () => undefined }
    await expect(openUsersFile(made.path, options)).rejects.toThrow('parley user add NAME')
    await writeFile(made.path, 'users: 7', { mode: 0o600 })
    await expect(openUsersFile(made.path, options)).rejects.toBeInstanceOf(UsersFileError)
    await expect(openUsersFile(made.directory, options)).rejects.toBeInstanceOf(UsersFileError)
  })
})

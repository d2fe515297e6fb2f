import { hash } from 'node:crypto'
import { chmod, chown, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addUser, listUsers, removeUser, setEnabled, setPassword, UsersFileError } from '../src/index.ts'
import { parseUsers } from '../src/parse-users.ts'
import { usersDirectory } from './users-directory.ts'

async function usersIn(path: string) {
  return parseUsers(await readFile(path, 'utf8'), path).content
}

const ha1 = (spelling: string, password: string) => hash('md5', `${spelling}:parley:${password}`)

describe('parley user add', () => {
  it('makes a private file that holds no password, and a user who is disabled', async () => {
    await using made = await usersDirectory()
    await addUser(made.path, { name: 'steve', password: 'correct horse' })
    expect((await stat(made.path)).mode & 0o777).toBe(0o600)
    expect(await readFile(made.path, 'utf8')).not.toContain('horse')
    expect(await listUsers(made.path)).toEqual([
      { name: 'steve', enabled: false, displayName: 'steve', schemes: ['digest', 'ntlm', 'basic'] },
    ])
    const [user] = (await usersIn(made.path)).users
    expect(user?.verifiers.digest).toEqual({
      steve: ha1('steve', 'correct horse'),
      '/steve': ha1('/steve', 'correct horse'),
      '\\steve': ha1('\\steve', 'correct horse'),
    })
  })

  it('remembers domains, and tells who has no verifiers for a new one', async () => {
    await using made = await usersDirectory()
    await addUser(made.path, { name: 'steve', password: 'a' })
    const second = await addUser(made.path, { name: 'bruce@im.example.com', password: 'b', ntDomains: ['CORP'] })
    expect(second).toEqual({ missingSpellings: ['steve'] })
    expect(await addUser(made.path, { name: 'clark', password: 'c' })).toEqual({ missingSpellings: [] })
    const { domains, ntDomains, users } = await usersIn(made.path)
    expect({ domains, ntDomains }).toEqual({ domains: ['im.example.com'], ntDomains: ['CORP'] })
    expect(users[2]?.verifiers.digest).toMatchObject({
      'clark@im.example.com': ha1('clark@im.example.com', 'c'),
      'CORP\\clark': ha1('CORP\\clark', 'c'),
      'CORP/clark': ha1('CORP/clark', 'c'),
    })
  })

  it.each([
    ['a name with a space', { name: 'st eve', password: 'a' }, 'must start with a letter'],
    ['an empty password', { name: 'steve', password: '' }, 'the password is empty'],
    ['a password with a line end', { name: 'steve', password: 'a\nb' }, 'the password must'],
    ['a domain that is none', { name: 'steve', password: 'a', domains: ['a b'] }, 'the domain must be a host name'],
    ['two @', { name: 'a@b@c@', password: 'a' }, 'the domain must be a host name'],
    ['a mail address that is none', { name: 'steve', password: 'a', mail: 'x' }, 'must be a mail address'],
  ])('refuses %s, and writes nothing', async (_, user, message) => {
    await using made = await usersDirectory()
    const refusal = await addUser(made.path, user).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsersFileError)
    expect(String(refusal)).toContain(message)
    await expect(stat(made.path)).rejects.toThrow('ENOENT')
  })

  it('refuses a name that is there in another case', async () => {
    await using made = await usersDirectory()
    await addUser(made.path, { name: 'steve', password: 'a' })
    await expect(addUser(made.path, { name: 'Steve', password: 'a' })).rejects.toThrow('already in')
  })

  it('loses no user when many are added at once', async () => {
    await using made = await usersDirectory()
    const names = Array.from({ length: 6 }, (_, n) => `user${n}`)
    await Promise.all(names.map((name) => addUser(made.path, { name, password: 'x' })))
    expect((await listUsers(made.path)).map(({ name }) => name).sort()).toEqual(names)
  })
})

describe('parley user passwd, enable, disable and remove', () => {
  const written = `# our people
users:
  # the boss
  - name: steve # since 1999
    enabled: true
    verifiers:
      password: $scrypt$ln=15,r=8,p=3$${'A'.repeat(22)}$${'A'.repeat(43)}
  - { name: bruce }
realm: office
`

  async function open() {
    const made = await usersDirectory()
    await writeFile(made.path, written)
    return made
  }

  it('keep comments and order', async () => {
    await using made = await open()
    await setEnabled(made.path, 'bruce', true)
    await setEnabled(made.path, 'steve', false)
    expect(await readFile(made.path, 'utf8')).toBe(
      written.replace('enabled: true', 'enabled: false').replace('{ name: bruce }', '{ name: bruce, enabled: true }'),
    )
    await removeUser(made.path, 'bruce')
    expect(await readFile(made.path, 'utf8')).toBe(
      written.replace('enabled: true', 'enabled: false').replace('  - { name: bruce }\n', ''),
    )
  })

  it('set the IM password apart from the account’s', async () => {
    await using made = await open()
    const before = (await usersIn(made.path)).users[0]?.verifiers
    await setPassword(made.path, 'STEVE', 'for IM', { only: 'im' })
    const im = (await usersIn(made.path)).users[0]?.verifiers
    expect(im?.password).toBe(before?.password)
    expect(im?.digest.steve).toBe(hash('md5', 'steve:office:for IM'))
    await setPassword(made.path, 'steve', 'for the account', { only: 'account' })
    const account = (await usersIn(made.path)).users[0]?.verifiers
    expect(account).toEqual({ ...im, password: account?.password })
    expect(account?.password).not.toBe(before?.password)
    await setPassword(made.path, 'steve', 'both', { domains: ['im.example.com'] })
    const both = (await usersIn(made.path)).users[0]?.verifiers
    expect(both?.digest['steve@im.example.com']).toBe(hash('md5', 'steve@im.example.com:office:both'))
    expect(both?.password).not.toBe(account?.password)
  })

  it('refuse a user who is not there, and a file that is not there', async () => {
    await using made = await open()
    const absent = join(made.directory, 'absent.yaml')
    for (const path of [made.path, absent]) {
      await expect(setEnabled(path, 'nobody', true)).rejects.toBeInstanceOf(UsersFileError)
      await expect(removeUser(path, 'nobody')).rejects.toBeInstanceOf(UsersFileError)
      await expect(setPassword(path, 'nobody', 'x', { only: 'im' })).rejects.toBeInstanceOf(UsersFileError)
    }
    expect(await listUsers(absent)).toEqual([])
    expect(await readFile(made.path, 'utf8')).toBe(written)
  })

  it('do not touch a broken file', async () => {
    await using made = await open()
    await writeFile(made.path, `${written}shoes: 2\n`)
    await expect(setEnabled(made.path, 'bruce', true)).rejects.toThrow('line 10: shoes is not known here')
    expect(await readFile(made.path, 'utf8')).toBe(`${written}shoes: 2\n`)
  })

  it('replace what a link points to, and make it private', async () => {
    await using made = await open()
    await chmod(made.path, 0o644)
    const link = join(made.directory, 'link.yaml')
    await symlink(made.path, link)
    await setEnabled(link, 'bruce', true)
    expect((await listUsers(made.path))[1]).toMatchObject({ name: 'bruce', enabled: true })
    expect((await stat(made.path)).mode & 0o777).toBe(0o600)
  })

  it('keep the owner and the group that the service reads the file by', async () => {
    await using made = await open()
    const { uid, gid } = await stat(made.path)
    const service = process.getuid?.() === 0 ? { uid: 4321, gid: 4322 } : { uid, gid }
    await chown(made.path, service.uid, service.gid)
    await chmod(made.path, 0o640)
    await setEnabled(made.path, 'bruce', true)
    const { mode, ...after } = await stat(made.path)
    expect({ ...after, mode: mode & 0o777 }).toMatchObject({ ...service, mode: 0o640 })
  })

  it('take over the lock of a process that is gone', async () => {
    await using made = await open()
    // Linux has no process with a larger number.
    await writeFile(`${made.path}.lock`, `4194305 ${hostname()}`)
    await setEnabled(made.path, 'bruce', true)
    await expect(stat(`${made.path}.lock`)).rejects.toThrow('ENOENT')
  })
})

import { ManualClock, systemClock } from '@parley/domain'
import { ldifEntry, startSlapd, userDn } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { LdapSetupError, LdapSource } from '../src/index.ts'
import { aliases, collect, optionsFor } from './open-ldap.ts'

const people = (count: number) => Array.from({ length: count }, (_, number) => ({ account: `user${number}` }))
const groupOf = (members: readonly string[]) => ({ objectClass: 'groupOfNames', member: members })
const groupDn = (name: string) => `cn=${name},ou=groups,dc=example,dc=com`
const alice = userDn({ account: 'alice' })
const bob = userDn({ account: 'bob' })

describe('reading everybody', () => {
  it('goes page by page past the size limit of the server', async () => {
    await using slapd = await startSlapd({
      users: people(120),
      config: ['limits users size.soft=50 size.hard=50 size.prtotal=unlimited'],
    })
    await using source = new LdapSource(optionsFor(slapd, { pageSize: 40 }), systemClock)
    const { entries, batches } = await collect(source.read())
    expect(entries.length).toBe(120)
    expect(batches).toBe(3)
  })

  it('says so when the server ends the search anyway, and takes nothing for everything', async () => {
    await using slapd = await startSlapd({
      users: people(120),
      config: ['limits users size.soft=50 size.hard=50 size.pr=50 size.prtotal=100'],
    })
    await using source = new LdapSource(optionsFor(slapd, { pageSize: 40 }), systemClock)
    await expect(collect(source.read())).rejects.toThrow(/sizeLimitExceeded.*raise the limit|adminLimitExceeded/)
  })

  it('lets the server go when nobody wants the rest', async () => {
    await using slapd = await startSlapd({ users: people(120) })
    await using source = new LdapSource(optionsFor(slapd, { pageSize: 40 }), systemClock)
    for await (const { entries } of source.read()) {
      expect(entries.length).toBe(40)
      break
    }
    expect((await collect(source.read())).entries.length).toBe(120)
  })

  it('says which base is not there', async () => {
    await using slapd = await startSlapd()
    await using source = new LdapSource(optionsFor(slapd, { base: 'ou=nowhere,dc=example,dc=com' }), systemClock)
    await expect(collect(source.read())).rejects.toThrow(/search of ou=nowhere.*there is no such entry: check "base"/)
  })
})

describe('who may use IM', () => {
  it('is whom the configured filter fits, as it is and with nothing besides', async () => {
    await using slapd = await startSlapd({
      users: [
        { account: 'alice', attributes: { employeeType: 'im (all)' } },
        { account: 'bob', attributes: { employeeType: '*' } },
        { account: 'carol' },
      ],
    })
    const read = async (filter: string) => {
      await using source = new LdapSource(optionsFor(slapd, { filter }), systemClock)
      return aliases(await collect(source.read()))
    }
    expect(await read('(employeeType=*)')).toEqual(['alice', 'bob'])
    expect(await read('(employeeType=\\2a)')).toEqual(['bob'])
    expect(await read('(employeeType=im \\28all\\29)')).toEqual(['alice'])
    expect(await read('(!(employeeType=*))')).toEqual(['carol'])
    await expect(read('(employeeType=im (all))')).rejects.toThrow(LdapSetupError)
    await expect(read('(uid=alice))(|(uid=*')).rejects.toThrow(
      /"directory.filter": the filter .* goes on after its last/,
    )
  })

  it('is nobody whose account is off or has ended', async () => {
    const account = (expires: string) => ({
      objectClass: ['inetOrgPerson', 'shadowAccount'],
      shadowExpire: expires,
    })
    await using slapd = await startSlapd({
      users: [
        { account: 'alice' },
        { account: 'bob', attributes: account('1') },
        { account: 'carol', attributes: account('99999') },
        { account: 'dave' },
      ],
    })
    await slapd.set(userDn({ account: 'dave' }), 'pwdAccountLockedTime', '000001010000Z')
    await using source = new LdapSource(optionsFor(slapd), systemClock)
    expect(aliases(await collect(source.read()))).toEqual(['alice', 'carol'])
  })

  it('is nobody any more once the account ends, though nothing of the entry changes', async () => {
    const day = 86_400_000
    const clock = new ManualClock(Date.UTC(2040, 0, 1))
    const end = (days: number) => String(Math.floor(clock.now() / day) + days)
    const expiring = (account: string, days: number) => ({
      account,
      attributes: { objectClass: ['inetOrgPerson', 'shadowAccount'], shadowExpire: end(days) },
    })
    await using slapd = await startSlapd({ users: [{ account: 'alice' }, expiring('bob', 2), expiring('carol', 3)] })
    await using source = new LdapSource(optionsFor(slapd, { changes: 'syncrepl' }), clock)
    const all = await collect(source.read())
    expect(aliases(all)).toEqual(['alice', 'bob', 'carol'])
    const idOfBob = all.entries.find(({ node }) => node.endsWith('/bob'))?.id
    let cookie = all.end.cookie ?? ''
    const follow = async () => {
      const changes = await collect(source.changes(cookie))
      cookie = changes.end.cookie ?? ''
      return changes
    }
    expect((await follow()).gone).toEqual([])
    clock.elapse(2 * day - 1)
    expect((await follow()).gone).toEqual([])
    clock.elapse(60_001)
    expect((await follow()).gone).toEqual([idOfBob])
    clock.elapse(60_001)
    expect((await follow()).entries).toEqual([])
  })
})

describe('groups', () => {
  it('become nodes with all who are in them, also through other groups, and round in circles', async () => {
    await using slapd = await startSlapd({
      users: [{ account: 'alice' }, { account: 'bob' }, { account: 'carol' }],
      ldif: [
        ldifEntry(groupDn('IM Sales'), groupOf([alice, groupDn('north')])),
        ldifEntry(
          groupDn('north'),
          groupOf([bob, groupDn('im sales'), 'cn=nobody,dc=example,dc=com', 'cn=x,dc=elsewhere']),
        ),
        ldifEntry(groupDn('IM-Empty'), groupOf([groupDn('IM-Empty')])),
      ].join(''),
    })
    const groups = { base: 'ou=groups,dc=example,dc=com', filter: '(cn=IM*)', path: '/groups/' }
    await using source = new LdapSource(optionsFor(slapd, { groups }), systemClock)
    const { entries, problems } = await collect(source.read())
    const idOf = (alias: string) => entries.find(({ node }) => node.endsWith(`/${alias}`))?.id
    const [sales, empty] = ['im%20sales', 'im-empty'].map((name) => entries.find(({ node }) => node.endsWith(name)))
    expect(sales).toMatchObject({
      kind: 'group',
      node: 'http://im.example.com/groups/im%20sales',
      displayName: 'IM Sales',
      members: [idOf('alice'), idOf('bob')],
    })
    expect(empty).toMatchObject({ members: [] })
    expect(problems).toEqual([])
    expect(entries.length).toBe(5)
  })

  it.each(['syncrepl', 'timestamps'] as const)('change with a group inside of them, by %s', async (changes) => {
    await using slapd = await startSlapd({
      users: [{ account: 'alice' }, { account: 'bob' }],
      ldif: [
        ldifEntry(groupDn('im-all'), groupOf([groupDn('north')])),
        ldifEntry(groupDn('north'), groupOf([alice])),
      ].join(''),
    })
    const groups = { base: 'ou=groups,dc=example,dc=com', filter: '(cn=im-*)', path: '/groups/' }
    await using source = new LdapSource(optionsFor(slapd, { groups, changes }), systemClock)
    const all = await collect(source.read())
    const idOf = (name: string) => all.entries.find(({ node }) => node.endsWith(`/${name}`))?.id
    await slapd.set(groupDn('north'), 'member', alice, bob)
    const next = await collect(source.changes(all.end.cookie ?? ''))
    expect(next.entries.find(({ id }) => id === idOf('im-all'))).toMatchObject({
      members: [idOf('alice'), idOf('bob')],
    })
    expect(next.gone).not.toContain(idOf('im-all'))
    await slapd.rename(groupDn('im-all'), groupDn('all'))
    expect((await collect(source.changes(next.end.cookie ?? ''))).gone).toContain(idOf('im-all'))
  })
})

describe('LdapSource.writeHome', () => {
  it('writes the home to the entry, where that is configured', async () => {
    await using slapd = await startSlapd({ users: [{ account: 'alice' }] })
    const options = optionsFor(slapd, {
      bind: slapd.admin,
      writeBack: 'roomNumber',
      attributes: { home: 'roomNumber' },
    })
    await using source = new LdapSource(options, systemClock)
    const [user] = (await collect(source.read())).entries
    await source.writeHome?.(user?.id ?? '', 'hq-1' as never)
    expect(await slapd.read(alice, 'roomNumber')).toBe('hq-1')
    expect((await collect(source.read())).entries).toMatchObject([{ home: 'hq-1' }])
    await using reader = new LdapSource(optionsFor(slapd), systemClock)
    expect(reader.writeHome).toBeUndefined()
  })
})

import { ManualClock, systemClock } from '@parley/domain'
import { type RunningSambaAd, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectDirectory, LdapBind, LdapSource } from '../src/index.ts'
import { aliases, collect } from './open-ldap.ts'
import { optionsForAd, reader } from './samba-ad.ts'

const password = 'Secret-Pw-1'

describe('Active Directory', { timeout: 60_000 }, () => {
  let ad: RunningSambaAd
  let alice: string
  beforeAll(async () => {
    ad = await startSambaAd()
    await ad.administrator.createUser(reader)
    alice = await ad.administrator.createUser({ account: 'alice', password })
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  it('checks a password by the id of the entry, and says why it is refused', async () => {
    const { administrator } = ad
    const reasons: string[] = []
    const refused = (_: string, reason: string) => reasons.push(reason)
    await using bind = new LdapBind(optionsForAd(ad), systemClock, { refused })
    const id = await administrator.idOf(alice)
    expect(await bind.verify(id, password)).toBe('right')
    expect(await bind.verify(id, 'wrong')).toBe('wrong')
    expect(await bind.verify(id, '')).toBe('wrong')
    await administrator.disable(alice)
    expect(await bind.verify(id, password)).toBe('wrong')
    await administrator.enable(alice)
    await administrator.replace(alice, { pwdLastSet: '0' })
    expect(await bind.verify(id, password)).toBe('wrong')
    await administrator.replace(alice, { pwdLastSet: '-1', accountExpires: '1' })
    expect(await bind.verify(id, password)).toBe('wrong')
    await administrator.replace(alice, { accountExpires: '0' })
    expect(await bind.verify(id, password)).toBe('right')
    expect(reasons).toEqual([
      'wrong password',
      'the account is disabled',
      'the password must be changed first',
      'the account has expired',
    ])
  })

  it('tells when it locks accounts', async () => {
    await ad.administrator.setLockout(7, 20)
    await using bind = new LdapBind(optionsForAd(ad), systemClock)
    expect(await bind.readLockoutPolicy()).toEqual({ threshold: 7, windowMs: 20 * 60_000 })
  })

  it('gives names with the NetBIOS name of the domain, which it knows itself', async () => {
    await using source = new LdapSource(optionsForAd(ad, { filter: '(sAMAccountName=alice)' }), systemClock)
    const { entries } = await collect(source.read())
    expect(aliases({ entries })).toEqual(['alice'])
    expect(entries[0]).toMatchObject({
      names: expect.arrayContaining(['alice', `${ad.ntDomain.toLowerCase()}\\alice`]),
    })
  })

  it('tells of an account that ends, though nothing of the entry changes', async () => {
    const clock = new ManualClock(Date.UTC(2041, 0, 1))
    const fileTime = (ms: number) => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n)
    const unit = await ad.administrator.createUnit('OU=contractors')
    const bob = await ad.administrator.createUser({ account: 'bob', unit: 'OU=contractors' })
    await ad.administrator.createUser({ account: 'carol', unit: 'OU=contractors' })
    await ad.administrator.replace(bob, { accountExpires: fileTime(clock.now() + 90_000) })
    await using source = new LdapSource(optionsForAd(ad, { base: unit, changes: 'usn' }), clock)
    const all = await collect(source.read())
    expect(aliases(all)).toEqual(['bob', 'carol'])
    clock.elapse(70_000)
    const before = await collect(source.changes(all.end.cookie ?? ''))
    expect(before.gone).toEqual([])
    clock.elapse(70_000)
    const after = await collect(source.changes(before.end.cookie ?? ''))
    expect(after.gone).toEqual([await ad.administrator.idOf(bob)])
    expect(after.entries).toEqual([])
  })

  it('shows a doctor its indexes, and how its changes are followed', async () => {
    const filter = '(&(memberOf=CN=Users,DC=x)(description=im)(sAMAccountName=a*))'
    const inspection = await inspectDirectory(optionsForAd(ad, { filter }), systemClock)
    expect(inspection).toMatchObject({ encrypted: true, matches: 0, problemCount: 0, changes: { followed: true } })
    const indexed = Object.fromEntries(inspection.indexes.map((each) => [each.attribute, each.indexed]))
    expect(indexed).toMatchObject({ objectGUID: 'yes', sAMAccountName: 'yes', description: 'no' })
  })

  it('gives all members of a large group', async () => {
    const { administrator } = ad
    const unit = await administrator.createUnit('OU=crowd')
    const crowd = Array.from({ length: 600 }, (_, number) => ({ account: `crowd${number}`, unit: 'OU=crowd' }))
    const members = await administrator.createUsers(...crowd)
    const dn = `CN=IM-Crowd,${unit}`
    await administrator.change(
      `dn: ${dn}\nchangetype: add\nobjectClass: group\nsAMAccountName: IM-Crowd\n${members.map((each) => `member: ${each}\n`).join('')}`,
    )
    const groups = { filter: '(cn=IM-Crowd)', path: '/groups/' }
    await using source = new LdapSource(optionsForAd(ad, { base: unit, groups }), systemClock)
    const { entries, problems } = await collect(source.read())
    const group = entries.find(({ kind }) => kind === 'group')
    const users = entries.filter(({ kind }) => kind === 'user').map(({ id }) => id)
    expect(users.length).toBe(600)
    expect(group?.kind === 'group' ? group.members.toSorted() : []).toEqual(users.toSorted())
    expect(problems).toEqual([])
  })
})

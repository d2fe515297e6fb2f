import { systemClock } from '@parley/domain'
import { type RunningSambaAd, type SambaAdministrator, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LdapBind } from '../src/index.ts'
import { optionsForAd, reader } from './samba-ad.ts'

const password = 'Users-Pw-1'

describe('LdapBind at an Active Directory', () => {
  let ad: RunningSambaAd
  let admin: SambaAdministrator
  let bind: LdapBind
  const refusals: string[] = []
  beforeAll(async () => {
    ad = await startSambaAd()
    admin = ad.administrator
    await admin.createUser(reader)
    const refused = (_: string, reason: string) => refusals.push(reason)
    bind = new LdapBind(optionsForAd(ad), systemClock, { refused })
  })
  afterAll(async () => {
    await bind[Symbol.asyncDispose]()
    await ad[Symbol.asyncDispose]()
  })

  const user = async (account: string) => {
    const dn = await admin.createUser({ account, password })
    return { dn, id: await admin.idOf(dn) }
  }

  it('knows the right password from a wrong one, wherever the entry has moved to', async () => {
    const { dn, id } = await user('alice')
    expect(await bind.verify(id, password)).toBe('right')
    expect(await bind.verify(id, 'wrong')).toBe('wrong')
    await admin.move(dn, await admin.createUnit('OU=Oslo'))
    expect(await bind.verify(id, password)).toBe('right')
  })

  it('knows a password that was set a moment ago', async () => {
    const { dn, id } = await user('bob')
    await admin.setPassword(dn, 'Newer-Pw-1')
    expect(await bind.verify(id, 'Newer-Pw-1')).toBe('right')
  })

  it('does not know who was deleted', async () => {
    const { dn, id } = await user('gone')
    await admin.delete(dn)
    expect(await bind.verify(id, password)).toBe('unknown')
  })

  it.each([
    ['disabled', { userAccountControl: '514' }, 'the account is disabled'],
    ['expired', { accountExpires: '1' }, 'the account has expired'],
    ['new', { pwdLastSet: '0' }, 'the password must be changed first'],
  ])('lets nobody in whose account is %s, and says why', async (account, attributes, reason) => {
    const { dn, id } = await user(account)
    await admin.replace(dn, attributes)
    expect(await bind.verify(id, password)).toBe('wrong')
    expect(refusals.at(-1)).toBe(reason)
  })

  it('reads when accounts are locked, and says that one is', async () => {
    await admin.setLockout(3, 20)
    expect(await bind.readLockoutPolicy()).toEqual({ threshold: 3, windowMs: 20 * 60_000 })
    const { id } = await user('careless')
    for (const wrong of ['one', 'two', 'three']) expect(await bind.verify(id, wrong)).toBe('wrong')
    expect(await bind.verify(id, password)).toBe('wrong')
    expect(refusals.at(-1)).toBe('the account is locked')
  })

  it('reads what users write before their account', async () => {
    expect(await bind.readNtDomain()).toBe('EXAMPLE')
  })
})

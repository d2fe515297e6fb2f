import { systemClock } from '@parley/domain'
import { type DirectoryUnderTest, directoryChangesContract, directorySourceContract } from '@parley/domain/contracts'
import { type RunningSambaAd, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { LdapSource } from '../src/index.ts'
import { optionsForAd, reader } from './samba-ad.ts'

// Samba takes its time to add and remove the many of one test.
describe('an Active Directory as a source of users', { timeout: 60_000 }, () => {
  let ad: RunningSambaAd
  let units = 0
  beforeAll(async () => {
    ad = await startSambaAd()
    await ad.administrator.createUser(reader)
    await ad.administrator.letReadDeleted(reader.account)
    await ad.administrator.delete(await ad.administrator.createUser({ account: 'long-gone' }))
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  /** A unit of its own is the directory of a test. */
  const open = async (changes: 'auto' | 'usn'): Promise<DirectoryUnderTest> => {
    const { administrator } = ad
    units += 1
    const name = `OU=unit-${units}`
    const unit = await administrator.createUnit(name)
    const again = () => new LdapSource(optionsForAd(ad, { base: unit, changes }), systemClock)
    const dnOf = (account: string) => `CN=${account},${unit}`
    const source = again()
    return {
      source,
      again,
      add: async (...people) => {
        const users = people.map(({ account, displayName }) => ({ account, unit: name, attributes: { displayName } }))
        await administrator.createUsers(...users)
      },
      change: (account, displayName) => administrator.replace(dnOf(account), { displayName }),
      rename: (account, newAccount) => administrator.replace(dnOf(account), { sAMAccountName: newAccount }),
      disable: (account) => administrator.disable(dnOf(account)),
      enable: (account) => administrator.enable(dnOf(account)),
      spoil: (account) => administrator.replace(dnOf(account), { sAMAccountName: 'ålice' }),
      remove: (account) => administrator.delete(dnOf(account)),
      [Symbol.asyncDispose]: async () => {
        await source[Symbol.asyncDispose]()
        await administrator.deleteTree(unit)
      },
    }
  }

  directorySourceContract(() => open('auto'))

  describe('by DirSync', () => directoryChangesContract(() => open('auto'), { tellsRemoved: true }))

  describe('by uSNChanged', () => directoryChangesContract(() => open('usn'), { tellsRemoved: true }))
})

import { readFileSync } from 'node:fs'
import { systemClock } from '@parley/domain'
import { type RunningSambaAd, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LdapSource } from '../src/index.ts'
import { collect } from './open-ldap.ts'
import { optionsForAd, reader } from './samba-ad.ts'

const ldif = readFileSync(new URL('../../../deploy/active-directory/exchange-im.ldif', import.meta.url), 'utf8')

describe('deploy/active-directory/exchange-im.ldif', () => {
  let ad: RunningSambaAd
  beforeAll(async () => {
    ad = await startSambaAd()
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  it('gives users the attributes that the preset exchange-2000 reads (exchange-im-facts §1.1), once', async () => {
    const { administrator, baseDn } = ad
    const records = ldif.replaceAll(/DC=X$/gm, baseDn)
    await administrator.change(records)
    await administrator.createUsers(reader, {
      account: 'a.berg',
      attributes: {
        msExchIMAddress: 'alice@im.example.com',
        msExchIMMetaPhysicalURL: 'http://im.example.com/instmsg/aliases/alice',
        msExchIMPhysicalURL: 'http://home-1.example.com/instmsg/local/im.example.com/instmsg/aliases/alice',
        msExchIMVirtualServer: `CN=Users,${baseDn}`,
      },
    })
    expect(await administrator.search('(msExchIMAddress=ALICE@im.example.com)', 'msExchIMVirtualServer')).toContain(
      `msExchIMVirtualServer: CN=Users,${baseDn}`,
    )
    await using source = new LdapSource(optionsForAd(ad, { preset: 'exchange-2000' }), systemClock)
    const { entries, problems } = await collect(source.read())
    expect(entries.map(({ node }) => node)).toEqual(['http://im.example.com/instmsg/aliases/alice'])
    expect(problems).toEqual([])
    await expect(administrator.change(records)).rejects.toThrow(/already exists/)
  })
})

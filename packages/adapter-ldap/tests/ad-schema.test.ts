import { readFileSync } from 'node:fs'
import { type RunningSambaAd, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ldif = readFileSync(new URL('../../../deploy/active-directory/exchange-im.ldif', import.meta.url), 'utf8')

describe('deploy/active-directory/exchange-im.ldif', () => {
  let ad: RunningSambaAd
  beforeAll(async () => {
    ad = await startSambaAd()
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  it('gives users the attributes of Exchange 2000 (exchange-im-facts §1.1), once', async () => {
    const { administrator, baseDn } = ad
    const records = ldif.replaceAll(/DC=X$/gm, baseDn)
    await administrator.change(records)
    await administrator.createUser({
      account: 'alice',
      password: 'Alice-Pw-1',
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
    await expect(administrator.change(records)).rejects.toThrow(/already exists/)
  })
})

import { describe, expect, it } from 'vitest'
import { checkMailDomains } from './check-mail-domains.ts'
import type { Finding } from './finding.ts'

const lines = (findings: readonly Finding[]) =>
  findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))

describe('checkMailDomains', () => {
  const domains = [{ name: 'im.example.com', aliases: ['rvp.example.com'] }]
  const check = async (targets: readonly string[], mailDomains = ['example.com']) => {
    const services = async (name: string) =>
      name === '_rvp._tcp.example.com' ? targets.map((target) => ({ target, port: 80 })) : []
    return lines(await checkMailDomains(mailDomains, { domains }, { lookup: { services, addresses: async () => [] } }))
  }

  it('is content with a record that leads to the IM domain or an alias of it', async () => {
    expect(await check(['rvp.example.com'])).toEqual([expect.stringMatching(/^ok \| users of example.com come to im/)])
    expect(await check([], ['im.example.com'])).toEqual([])
  })

  it('says which record is missing, or leads elsewhere', async () => {
    const record = '_rvp._tcp.example.com. 300 IN SRV 0 0 80 im.example.com.'
    expect((await check([]))[0]).toMatch(/^warn \| _rvp._tcp.example.com is not in DNS/)
    expect((await check([]))[0]).toContain(`publish: ${record}`)
    expect((await check(['mail.example.com']))[0]).toContain(
      'leads to mail.example.com, which is no name of an IM domain',
    )
  })
})

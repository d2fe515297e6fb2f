import { describe, expect, it } from 'vitest'
import { type ServeConfigInput, serveConfig } from '../config.ts'
import { checkDns } from './check-dns.ts'
import type { DnsLookup, ServiceRecord } from './dns-lookup.ts'

/** DNS as a table; names that are not in it do not exist. */
function zone(services: Record<string, ServiceRecord[]>, addresses: Record<string, string[]>): DnsLookup {
  return {
    services: async (name) => services[name] ?? [],
    addresses: async (name) => addresses[name] ?? [],
  }
}

async function check(lookup: DnsLookup, more: Partial<ServeConfigInput> = {}): Promise<string[]> {
  const config = serveConfig.parse({
    domains: [{ name: 'im.example.com', aliases: ['rvp.example.com'] }],
    listen: [{ at: '*:80' }],
    data: 'd',
    users: 'u',
    ...more,
  })
  const findings = await checkDns(config, { lookup, localAddresses: ['192.0.2.7', '2001:db8::7'] })
  return findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))
}

const service = '_rvp._tcp.im.example.com'
const here = { 'rvp.example.com': ['192.0.2.7'] }

describe('checkDns', () => {
  it('is content with an SRV record of port 80 that leads to an alias at this machine [R46]', async () => {
    const records = { [service]: [{ target: 'rvp.example.com', port: 80 }] }
    expect(await check(zone(records, here))).toEqual([`ok | ${service} leads to rvp.example.com:80`])
    expect(await check(zone(records, { 'rvp.example.com': ['2001:db8::7'] }))).toHaveLength(1)
  })

  it('warns of another port than 80, which not every client can use [R46]', async () => {
    const records = { [service]: [{ target: 'rvp.example.com', port: 8080 }] }
    expect(await check(zone(records, here))).toEqual([
      `ok | ${service} leads to rvp.example.com:8080`,
      `warn | the SRV record says port 8080, but Miranda and Net::RVP always use port 80 | add to the zone: ${service}. SRV 0 0 80 rvp.example.com.`,
      expect.stringContaining('warn | nothing here listens on port 8080'),
    ])
  })

  it('fails for a target that is no name of the domain, since users are called by it [R46]', async () => {
    const records = { [service]: [{ target: 'host9.example.com', port: 80 }] }
    const findings = await check(zone(records, { 'host9.example.com': ['192.0.2.7'] }))
    expect(findings[1]).toContain('fail | clients call users http://host9.example.com/instmsg/aliases/…')
    expect(findings[1]).toContain('add host9.example.com to the aliases of im.example.com')
  })

  it('fails for a target without an address, and warns of one elsewhere', async () => {
    const records = { [service]: [{ target: 'rvp.example.com', port: 80 }] }
    expect((await check(zone(records, {})))[1]).toContain('fail | rvp.example.com has no address')
    const elsewhere = await check(zone(records, { 'rvp.example.com': ['198.51.100.1'] }))
    expect(elsewhere[1]).toContain('warn | rvp.example.com is 198.51.100.1: not this machine')
  })

  it('warns of several records', async () => {
    const record = { target: 'rvp.example.com', port: 80 }
    expect((await check(zone({ [service]: [record, record] }, here)))[0]).toContain(`warn | ${service} has 2 records`)
  })

  it('needs no SRV record where the domain itself is this machine', async () => {
    expect(await check(zone({}, { 'im.example.com': ['192.0.2.7'] }))).toEqual([
      expect.stringContaining('ok | im.example'),
    ])
    const elsewhere = await check(zone({}, { 'im.example.com': ['198.51.100.1'] }))
    expect(elsewhere[0]).toContain(`add to the zone: ${service}. SRV 0 0 80 im.example.com.`)
    expect((await check(zone({}, {})))[0]).toContain('fail | neither')
  })

  it('warns when DNS does not answer, and asks nothing about addresses', async () => {
    const silent: DnsLookup = {
      services: async () => {
        throw new Error('queryTimeout')
      },
      addresses: async () => [],
    }
    expect((await check(silent))[0]).toContain('warn | DNS does not answer about im.example.com: queryTimeout')
    expect(await check(silent, { domains: [{ name: '192.0.2.7' }, { name: 'localhost' }] })).toEqual([
      'ok | 192.0.2.7 needs no DNS',
      'ok | localhost needs no DNS',
    ])
  })
})

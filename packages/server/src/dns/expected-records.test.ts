import { describe, expect, it } from 'vitest'
import { type DnsPlan, expectedRecords } from './expected-records.ts'
import { zoneLine } from './record-text.ts'
import { parseMailDomain, parseRouterHost } from './router-host.ts'

const plan: DnsPlan = {
  domains: [{ name: 'im.example.com', aliases: [] }],
  routers: [],
  mailDomains: [],
  port: 80,
}

const zone = (differing: Partial<DnsPlan>) =>
  expectedRecords({ ...plan, ...differing })
    .map((record) => zoneLine(record, 300))
    .join('')

describe('the records of an IM domain', () => {
  it('make routers of other names share its own, so that every client calls users the same', () => {
    const routers = ['im1.example.com=192.0.2.1,2001:db8::1', 'im2.example.com=192.0.2.2'].map(parseRouterHost)
    expect(zone({ routers })).toBe(
      [
        '_rvp._tcp.im.example.com. 300 IN SRV 0 0 80 im.example.com.',
        'im.example.com. 300 IN A 192.0.2.1',
        'im.example.com. 300 IN AAAA 2001:db8::1',
        'im.example.com. 300 IN A 192.0.2.2',
        'im1.example.com. 300 IN A 192.0.2.1',
        'im1.example.com. 300 IN AAAA 2001:db8::1',
        'im2.example.com. 300 IN A 192.0.2.2',
        '',
      ].join('\n'),
    )
  })

  it('name routers in the order that is asked for when they are called by the domain or an alias', () => {
    const routers = ['im.example.com=192.0.2.1@10:60', 'gw.example.com=192.0.2.2@20'].map(parseRouterHost)
    const domains = [{ name: 'im.example.com', aliases: ['gw.example.com'] }]
    const records = expectedRecords({ ...plan, domains, routers, port: 8080 })
    expect(records.filter(({ type }) => type === 'SRV')).toEqual([
      { name: '_rvp._tcp.im.example.com', type: 'SRV', priority: 10, weight: 60, port: 8080, target: 'im.example.com' },
      { name: '_rvp._tcp.im.example.com', type: 'SRV', priority: 20, weight: 0, port: 8080, target: 'gw.example.com' },
    ])
    expect(records.filter(({ type }) => type !== 'SRV')).toEqual([
      { name: 'im.example.com', type: 'A', address: '192.0.2.1' },
      { name: 'gw.example.com', type: 'A', address: '192.0.2.2' },
    ])
  })

  it('let clients that know no SRV records find a router in any case', () => {
    const routers = ['gw.example.com=192.0.2.2'].map(parseRouterHost)
    const domains = [{ name: 'im.example.com', aliases: ['gw.example.com'] }]
    expect(zone({ domains, routers })).toContain('im.example.com. 300 IN A 192.0.2.2\n')
  })

  it('lead aliases to the domain, but none that has records of its own or is no name for a zone', () => {
    const domains = [
      { name: 'im.example.com', aliases: ['chat.example.com', 'example.com', 'example.org', 'im', '192.0.2.7'] },
    ]
    const mailDomains = [parseMailDomain('example.org', domains)]
    const aliases = expectedRecords({ ...plan, domains, mailDomains }).filter(({ type }) => type === 'CNAME')
    expect(aliases).toEqual([{ name: 'chat.example.com', type: 'CNAME', target: 'im.example.com' }])
  })

  it('lead users who type their mail addresses to the IM domain', () => {
    expect(zone({ mailDomains: [parseMailDomain('example.com=im.example.com', plan.domains)] })).toContain(
      '_rvp._tcp.example.com. 300 IN SRV 0 0 80 im.example.com.\n',
    )
  })

  it('are none for a domain that is an address or a single word', () => {
    const domains = ['localhost', '127.0.0.1'].map((name) => ({ name, aliases: [] }))
    expect(expectedRecords({ ...plan, domains })).toEqual([])
  })
})

describe('what the command line says of routers', () => {
  it.each([
    'im1.example.com',
    'im1=192.0.2.1',
    'im1.example.com=example',
    'im1.example.com=192.0.2.1@70000',
    'a b.c=1.2.3.4',
  ])('%s is refused', (text) => {
    expect(() => parseRouterHost(text)).toThrow('--router needs NAME=ADDRESS')
  })

  it('refuses a mail domain whose IM domain is none of ours', () => {
    expect(() => parseMailDomain('example.com=im.other.example', plan.domains)).toThrow('none of the IM domains')
  })
})

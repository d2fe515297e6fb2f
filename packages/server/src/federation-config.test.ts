import { describe, expect, it } from 'vitest'
import { federationSection } from './federation-config.ts'

const tls = { cert: 'im.pem', key: 'im.key' }

/** What is wrong with a configuration, with the place. */
function mistakes(input: unknown): readonly string[] {
  const result = federationSection.safeParse(input)
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the configuration of federation', () => {
  it('lets nobody in or out unless told', () => {
    expect(federationSection.parse({})).toEqual({ domains: [], egress: [], dnsServers: [] })
  })

  it('has defaults for a domain, whose name is in lower case', () => {
    expect(federationSection.parse({ domains: [{ domain: 'IM.Partner.example' }] }).domains).toEqual([
      {
        domain: 'im.partner.example',
        direction: 'both',
        tls: { serverNames: [] },
        limits: { requestsPerSecond: 50, concurrent: 64, connections: 8 },
        allowPrivate: false,
      },
    ])
  })

  it('names a domain once', () => {
    const domains = [{ domain: 'b.example' }, { domain: 'B.example' }]
    expect(mistakes({ domains })).toEqual(['domains: names a domain twice'])
  })

  it('says for every domain that may come in who is believed about it', () => {
    const domains = [
      { domain: 'b.example' },
      { domain: 'c.example', direction: 'outbound' },
      { domain: 'd.example', tls: { ca: 'd.pem' } },
    ]
    expect(mistakes({ domains, listen: { at: '0.0.0.0:8443', tls } })).toEqual([
      'domains.0.tls: nobody is believed about b.example: name tls.ca here, or listen.tls.clientCa',
    ])
    expect(mistakes({ domains, listen: { at: '0.0.0.0:8443', tls: { ...tls, clientCa: 'ca.pem' } } })).toEqual([])
  })

  it.each(['192.0.2.53', '192.0.2.53:5353', '2001:db8::53', '[2001:db8::53]:5353'])(
    'takes %s as a DNS server',
    (server) => {
      expect(mistakes({ dnsServers: [server] })).toEqual([])
    },
  )

  it.each(['dns.example.com', '192.0.2.53:', 'localhost:53'])('takes no %s as a DNS server', (server) => {
    expect(mistakes({ dnsServers: [server] })).toHaveLength(1)
  })

  it('takes no URL with a path as a way out', () => {
    expect(mistakes({ egress: ['http://router-1:8180/x'] })).toHaveLength(1)
  })
})

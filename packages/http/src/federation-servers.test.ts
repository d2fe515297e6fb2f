import { ManualClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { NameService, SrvRecord } from './federation-dns.ts'
import { defaultFederationLimits, type FederatedDomain } from './federation-policy.ts'
import { DomainServers } from './federation-servers.ts'

/** A DNS with a few names, which counts what it is asked, and can fall silent. */
class ScriptedNames implements NameService {
  readonly srv = new Map<string, readonly SrvRecord[]>()
  readonly hosts = new Map<string, readonly string[]>()
  readonly asked: string[] = []
  ttlSeconds = 60
  isSilent = false

  services(name: string): Promise<readonly SrvRecord[]> {
    return this.#answer(name, this.srv.get(name) ?? [])
  }

  async addresses(name: string) {
    const addresses = await this.#answer(name, this.hosts.get(name) ?? [])
    return addresses.map((address) => ({ address, ttlSeconds: this.ttlSeconds }))
  }

  #answer<T>(name: string, answer: T): Promise<T> {
    this.asked.push(name)
    return this.isSilent
      ? Promise.reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }))
      : Promise.resolve(answer)
  }
}

const b: FederatedDomain = {
  domain: 'b.example',
  inbound: true,
  outbound: true,
  serverNames: [],
  limits: defaultFederationLimits,
  allowPrivate: false,
}

function setUp() {
  const names = new ScriptedNames()
  const clock = new ManualClock()
  const servers = new DomainServers({ names, clock, random: () => 0 })
  const record = (name: string, port: number, priority: number) => ({ name, port, priority, weight: 1 })
  names.srv.set('_rvp._tcp.b.example', [record('im2.b.example', 8443, 20), record('im1.b.example', 443, 10)])
  names.hosts.set('im1.b.example', ['203.0.113.1', '2001:db8::1'])
  names.hosts.set('im2.b.example', ['203.0.113.2'])
  return { names, clock, servers }
}

describe('the servers of another IM domain', () => {
  it('are those of its SRV records, in their order', async () => {
    const { servers } = setUp()
    expect(await servers.locate(b)).toEqual([
      { address: '203.0.113.1', port: 443 },
      { address: '2001:db8::1', port: 443 },
      { address: '203.0.113.2', port: 8443 },
    ])
  })

  it('are at the addresses of the domain when there is no SRV record', async () => {
    const { names, servers } = setUp()
    names.srv.clear()
    names.hosts.set('b.example', ['203.0.113.9'])
    expect(await servers.locate(b)).toEqual([{ address: '203.0.113.9', port: 443 }])
  })

  it('are nowhere when the SRV record says so', async () => {
    const { names, servers } = setUp()
    names.srv.set('_rvp._tcp.b.example', [{ name: '', port: 0, priority: 0, weight: 0 }])
    names.hosts.set('b.example', ['203.0.113.9'])
    await expect(servers.locate(b)).rejects.toThrow(UnavailableError)
  })

  it('are where the configuration says, without a question about services', async () => {
    const { names, servers } = setUp()
    expect(await servers.locate({ ...b, server: { host: 'im2.b.example', port: 7443 } })).toEqual([
      { address: '203.0.113.2', port: 7443 },
    ])
    expect(names.asked).toEqual(['im2.b.example'])
  })

  it('are asked for once by all who want to know, and again when the records are old', async () => {
    const { names, clock, servers } = setUp()
    await Promise.all([servers.locate(b), servers.locate(b)])
    await servers.locate(b)
    expect(names.asked).toHaveLength(3)
    clock.elapse(61_000)
    await servers.locate(b)
    expect(names.asked).toHaveLength(6)
  })

  it('are believed for half a minute at least, and ten minutes at most', async () => {
    const { names, clock, servers } = setUp()
    names.ttlSeconds = 0
    await servers.locate(b)
    clock.elapse(29_000)
    await servers.locate(b)
    expect(names.asked).toHaveLength(3)
    clock.elapse(2_000)
    names.ttlSeconds = 1_000_000
    await servers.locate(b)
    clock.elapse(601_000)
    await servers.locate(b)
    expect(names.asked).toHaveLength(9)
  })

  it('are not asked for again at once when there are none', async () => {
    const { names, clock, servers } = setUp()
    names.srv.clear()
    await expect(servers.locate(b)).rejects.toThrow('knows no server')
    await expect(servers.locate(b)).rejects.toThrow('knows no server')
    expect(names.asked).toHaveLength(2)
    clock.elapse(31_000)
    names.hosts.set('b.example', ['203.0.113.9'])
    expect(await servers.locate(b)).toHaveLength(1)
  })

  it('are those of before while the DNS does not answer', async () => {
    const { names, clock, servers } = setUp()
    const before = await servers.locate(b)
    names.isSilent = true
    clock.elapse(700_000)
    expect(await servers.locate(b)).toEqual(before)
    clock.elapse(3_600_000)
    await expect(servers.locate(b)).rejects.toThrow('does not answer for b.example: ETIMEOUT')
  })
})

describe('addresses that the DNS may not make us reach (promise 6)', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fec0::1',
    '64:ff9b:1::a00:1',
    '::ffff:10.0.0.1',
  ])('refuses %s unless the policy allows private ones', async (address) => {
    const { names, servers } = setUp()
    names.hosts.set('im1.b.example', [address])
    names.hosts.set('im2.b.example', [])
    await expect(servers.locate(b)).rejects.toThrow('private address')
    const allowed = await servers.locate({ ...b, allowPrivate: true }).catch(() => [])
    expect(allowed.map((server) => server.address)).toEqual([address])
  })

  it.each(['169.254.169.254', '0.0.0.0', '224.0.0.1', 'fe80::1', '64:ff9b::7f00:1'])(
    'refuses %s whatever the policy says',
    async (address) => {
      const { names, servers } = setUp()
      names.hosts.set('im1.b.example', [address])
      names.hosts.set('im2.b.example', [])
      await expect(servers.locate({ ...b, allowPrivate: true })).rejects.toThrow(UnavailableError)
    },
  )

  it('passes over them when others are left', async () => {
    const { names, servers } = setUp()
    names.hosts.set('im1.b.example', ['10.0.0.1'])
    expect(await servers.locate(b)).toEqual([{ address: '203.0.113.2', port: 8443 }])
  })

  it('takes one that the configuration names', async () => {
    const { servers } = setUp()
    expect(await servers.locate({ ...b, server: { host: '10.0.0.1', port: 443 } })).toHaveLength(1)
  })
})

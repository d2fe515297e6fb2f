import { parseHomeName, type StoredNode, type WatchReport } from '@parley/domain'
import { BadRequestError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHandBackAnswer } from '../src/cluster-calls.ts'
import { SignedIdentities } from '../src/signed-identity.ts'
import { alice, bob, ClusterUnderTest, clientRequest } from './cluster-under-test.ts'

const home = parseHomeName('hq-1')

function head(requestLine: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = Object.entries({ Host: 'x', Connection: 'close', 'Content-Length': '0', ...headers })
  return `${requestLine} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

describe('who has no identity that a node signed', () => {
  it.each([
    `NOTIFY ${bob}`,
    'NOTIFY /instmsg/aliases/bob',
    'GET /instmsg/streams/token',
    'POST /parley/hq-1/report',
    'GET /',
  ])('is refused %s, and told nothing', async (requestLine) => {
    await using cluster = await ClusterUnderTest.open()
    for (const token of [undefined, 'k1.e30.AAAA']) {
      const answer = await cluster.server.exchange(head(requestLine, token ? { 'Parley-Identity': token } : {}))
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
      expect(answer).toMatch(/\r\n\r\nno valid identity\n$/)
    }
    expect(cluster.refused).toEqual(['the request has no signed identity', 'not what the key k1 signed'])
    expect(cluster.finished).toEqual([])
  })

  it('is refused with the identity of another request, or an old one', async () => {
    await using cluster = await ClusterUnderTest.open()
    const signer = new SignedIdentities({ keys: cluster.keys.client, clock: cluster.clock })
    const token = signer.sign({ method: 'GET', target: '/instmsg/streams/a', home, requestId: '1' })
    const headers = { 'Parley-Identity': token }
    expect(await cluster.server.exchange(head('GET /instmsg/streams/b', headers))).toMatch(/^HTTP\/1\.1 403 /)
    expect(await cluster.server.exchange(head('GET /instmsg/streams/a', headers))).toMatch(/^HTTP\/1\.1 404 /)
    cluster.clock.elapse(31_000)
    expect(await cluster.server.exchange(head('GET /instmsg/streams/a', headers))).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('cannot ask for a node, or make a call, with the identity of a stream', async () => {
    await using cluster = await ClusterUnderTest.open()
    const signer = new SignedIdentities({ keys: cluster.keys.client, clock: cluster.clock })
    const headers = { 'Parley-Identity': signer.sign({ method: 'NOTIFY', target: bob, home, requestId: '1' }) }
    expect(await cluster.server.exchange(head(`NOTIFY ${bob}`, headers))).toMatch(/^HTTP\/1\.1 404 /)
  })
})

describe('keys that are rotated', () => {
  it('refuse no request of nodes that are told one after the other', async () => {
    await using cluster = await ClusterUnderTest.open()
    const old = { id: 'k1', secret: new Uint8Array(32).fill(7) }
    const young = { id: 'k2', secret: new Uint8Array(32).fill(8) }
    const { client, endpoint } = cluster.keys
    const steps = [
      () => endpoint.replace([old, young]),
      () => client.replace([old, young]),
      () => client.replace([young, old]),
      () => endpoint.replace([young, old]),
      () => client.replace([young]),
      () => endpoint.replace([young]),
    ]
    for (const step of steps) {
      const before = cluster.client.forward(cluster.lease(), clientRequest('PROPFIND'))
      expect((await before).status).toBe(200)
      step()
      expect((await cluster.client.forward(cluster.lease(), clientRequest('PROPFIND'))).status).toBe(200)
    }
    expect(cluster.refused).toEqual([])
    endpoint.replace([old])
    await expect(cluster.client.forward(cluster.lease(), clientRequest('PROPFIND'))).rejects.toMatchObject({
      name: 'UnavailableError',
      status: 503,
      message: expect.stringContaining('compare the keys and the clocks'),
    })
    await expect(cluster.client.call(cluster.lease(), 'status', null)).rejects.toMatchObject({ status: 503 })
    expect(cluster.refused).toEqual(Array(2).fill('the identity is signed with a key that is not among ours'))
  })
})

const report: Required<WatchReport> = {
  from: parseHomeName('oslo-1'),
  epoch: 3,
  number: 1,
  reports: [
    {
      presentity: bob,
      sequence: 9,
      state: 'busy',
      changedAt: 1_790_000_000_000,
      put: [
        { watcher: alice, receiver: alice, href: 'http://IM/Bob', watcherHref: alice, permitted: true, told: 'online' },
        { watcher: alice, receiver: bob, href: bob, watcherHref: alice, permitted: false },
      ],
      removed: [{ watcher: bob, receiver: bob }],
      more: true,
    },
  ],
  full: { number: 2, last: true, since: 1_790_000_000_000 },
}

const stored: StoredNode = {
  node: bob,
  head: {
    kind: 'user',
    owner: alice,
    acl: [
      { principal: { kind: 'all' }, credentials: 'any', grant: ['list'], deny: [] },
      { principal: { kind: 'node', node: alice }, credentials: ['ntlm'], grant: [], deny: ['presence'] },
      { principal: { kind: 'server', name: 'a.example.com' }, credentials: 'any', grant: [], deny: [] },
    ],
    sharedState: 'busy',
    changedAt: 5,
  },
  subscriptions: [
    { kind: 'callback', host: 'PC', address: '10.0.0.1', port: 1234, path: '/a?b' } as const,
    { kind: 'node', node: alice } as const,
    { kind: 'stream', token: 'abc.def' } as const,
  ].map((target, index) => ({
    id: index + 1,
    type: 'pragma/notify',
    subscriber: bob,
    target,
    href: bob,
    subscriberHref: bob,
    expiresAt: 7,
  })),
  views: [{ id: 1, state: 'online', defaultState: 'offline', expiresAt: 8, device: 1 }],
  properties: [{ name: '{DAV:}a', xml: '<b>ä</b>' }],
}

describe('a call to a home', () => {
  it('arrives whole, and its answer comes back', async () => {
    const asked: unknown[] = []
    const asking = async (ask: unknown) => {
      asked.push(ask)
    }
    await using cluster = await ClusterUnderTest.open({
      peers: {
        report: async (told) => {
          asked.push(told)
          return { epoch: 4 }
        },
        adopt: asking,
        changesSince: async (ask) => {
          asked.push(ask)
          return { epoch: 1, change: 2, published: 3, states: [], complete: true }
        },
        moveNode: async (node, to) => void asked.push({ node, to }),
      },
      status: () => ({ users: 7 }),
    })
    const { client } = cluster
    const lease = cluster.lease()
    const ask = { by: home, epoch: 1, change: 2 }
    const move = { node: bob, to: 'hq-2' }
    expect(await client.call(lease, 'report', report)).toEqual({ epoch: 4 })
    expect(await client.call(lease, 'changesSince', ask)).toMatchObject({ change: 2, complete: true })
    expect(await client.call(lease, 'adopt', stored)).toBeNull()
    expect(await client.call(lease, 'moveNode', move)).toBeNull()
    expect(await client.call(lease, 'status', undefined)).toEqual({ users: 7 })
    expect(asked).toEqual([report, ask, stored, move])
  })

  it('asks the holder for the home, with the take that was seen; one of an older version says that there is no such call', async () => {
    const asked: unknown[] = []
    await using cluster = await ClusterUnderTest.open({
      handBack: async (...ask) => {
        asked.push(ask)
        return 'too-soon'
      },
    })
    const answer = await cluster.client.call(cluster.lease(), 'handBack', { epoch: 7 })
    expect([parseHandBackAnswer(answer), asked]).toEqual([{ answer: 'too-soon' }, [[home, 7]]])
    const wrong = cluster.client.call(cluster.lease(), 'handBack', { epoch: 'newest' })
    await expect(wrong).rejects.toMatchObject({ name: 'NodeAnsweredError', status: 400 })
    await using old = await ClusterUnderTest.open()
    const unknown = old.client.call(old.lease(), 'handBack', { epoch: 7 })
    await expect(unknown).rejects.toMatchObject({ name: 'NodeAnsweredError', status: 404 })
    expect(() => parseHandBackAnswer({ answer: 'perhaps' })).toThrow(BadRequestError)
  })

  it('may carry the reports of many watches', async () => {
    const watches = Array.from({ length: 10_000 }, () => report.reports[0]?.put[0] as never)
    let count = 0
    await using cluster = await ClusterUnderTest.open({
      peers: {
        report: async ({ reports }) => {
          count = reports[0]?.put.length ?? 0
          return { epoch: 4 }
        },
      },
    })
    const many = { ...report, reports: [{ ...report.reports[0], put: watches }] }
    await cluster.client.call(cluster.lease(), 'report', many)
    expect(count).toBe(10_000)
  })

  it.each([
    ['report', { ...report, epoch: -1 }, 'epoch'],
    ['report', { ...report, reports: [{ ...report.reports[0], state: 'asleep' }] }, 'reports.0.state'],
    ['report', { ...report, from: 'Not A Home' }, 'not the name of a home'],
    ['adopt', { ...stored, node: 'ftp://x/y' }, 'not an absolute http URL'],
    ['changesSince', null, 'not of the form'],
    ['moveNode', [], 'not of the form'],
  ] as const)('%s is refused when it is not of its form', async (call, body, reason) => {
    await using cluster = await ClusterUnderTest.open()
    await expect(cluster.client.call(cluster.lease(), call, body)).rejects.toMatchObject({
      name: 'NodeAnsweredError',
      status: 400,
      publicMessage: expect.stringContaining(reason),
    })
  })

  it('is answered with the error of the home', async () => {
    await using cluster = await ClusterUnderTest.open({
      peers: { moveNode: () => Promise.reject(new BadRequestError('it is there already')) },
    })
    const move = cluster.client.call(cluster.lease(), 'moveNode', { node: bob, to: 'hq-2' })
    await expect(move).rejects.toMatchObject({ status: 400, publicMessage: expect.stringContaining('there already') })
  })

  it('is refused by a process that does not hold the home', async () => {
    await using cluster = await ClusterUnderTest.open({ status: () => 1 })
    await expect(cluster.client.call(cluster.lease('hq-2'), 'status', null)).rejects.toMatchObject({
      name: 'NotHeldError',
    })
  })
})

import { type AuthOutcome, systemClock, systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { Addressing } from '../src/addressing.ts'
import { createEdge } from '../src/edge.ts'
import type { RvpRequest } from '../src/rvp-exchange.ts'
import { SignedIdentities } from '../src/signed-identity.ts'
import { alice, bob, ClusterUnderTest } from './cluster-under-test.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const outcome: AuthOutcome = { kind: 'authenticated', identity: { principal: alice, scheme: 'digest' } }

/** An edge that takes everybody for alice, and hands what it is asked to a home of another process. */
function openEdge(cluster: ClusterUnderTest): Promise<ListenerUnderTest> {
  return ListenerUnderTest.open({
    handler: createEdge({
      addressing: new Addressing([{ domain: 'im.example.com', aliases: [] }]),
      authenticator: { connection: () => ({ authenticate: () => outcome }) },
      accounts: () => ({ displayName: 'Alice' }),
      service: { handle: (request) => cluster.client.forward(cluster.lease(), request) },
      streams: { handle: (request) => cluster.client.stream(cluster.lease(), request) },
      clock: systemClock,
      ids: systemIds,
      events: { requestFinished: () => {}, signInFailed: () => {} },
    }),
  })
}

describe('a client that sends headers of the cluster to an edge', () => {
  it('gains nothing: only headers of RVP cross to the home', async () => {
    const seen: RvpRequest[] = []
    await using cluster = await ClusterUnderTest.open({
      service: (request) => {
        seen.push(request)
        return { status: 200 }
      },
    })
    await using edge = await openEdge(cluster)
    // Even one that is signed with the right key says nothing when a client sends it.
    const identities = new SignedIdentities({ keys: cluster.keys.client, clock: cluster.clock })
    const caller = {
      identity: { principal: bob, scheme: 'internal' as const },
      callerHref: bob,
      href: bob,
      authority: 'im.example.com',
      clientAddress: '127.0.0.1',
      requestHost: undefined,
      hops: undefined,
    }
    const token = identities.sign({ method: 'NOTIFY', target: bob, home: cluster.lease().home, requestId: '1', caller })
    await using client = await edge.connect()
    const headers = [
      'Host: im.example.com',
      `Parley-Identity: ${token}`,
      `parley-identity: ${token}`,
      'Parley-Not-Held: 1',
      'Parley-Anything: 1',
      'X-Request-Id: forged',
      'Authorization: Basic abc',
      'Cookie: a=b',
      'RVP-Hop-Count: 4',
      'Subscription-Id: 5',
      'Content-Length: 2',
    ]
    client.send(`NOTIFY /instmsg/aliases/bob HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\nhi`)
    expect((await client.answer()).status).toBe(200)
    expect(seen).toMatchObject([{ identity: { principal: alice, scheme: 'digest' }, node: bob, body: 'hi' }])
    expect(seen[0]?.header('RVP-Hop-Count')).toBe('4')
    const sent = cluster.server.requests[0]
    const names = ['authorization', 'cookie', 'parley-anything', 'parley-not-held', 'x-request-id', 'rvp-hop-count']
    expect(names.map((name) => sent?.headers.get(name))).toEqual(names.map(() => undefined))
    expect(sent?.headers.all('parley-identity')).toHaveLength(1)
    expect(sent?.headers.get('parley-identity')).not.toBe(token)
    expect(sent?.headers.get('subscription-id')).toBe('5')
  })

  it('reads one version of RVP in the answer, and one length', async () => {
    await using cluster = await ClusterUnderTest.open({ service: () => ({ status: 207, xml: '<a/>' }) })
    await using edge = await openEdge(cluster)
    await using client = await edge.connect()
    client.send('PROPFIND /instmsg/aliases/bob HTTP/1.1\r\nHost: im.example.com\r\n\r\n')
    expect((await client.answer()).head).toBe(
      'HTTP/1.1 207 Multi-Status\r\nRVP-Notifications-Version: 0.2\r\nContent-Type: text/xml\r\nContent-Length: 4',
    )
  })

  it('cannot make a call, or open a stream of the cluster’s own', async () => {
    await using cluster = await ClusterUnderTest.open()
    await using edge = await openEdge(cluster)
    await using client = await edge.connect()
    client.send('POST /parley/hq-1/status HTTP/1.1\r\nHost: im.example.com\r\nContent-Length: 0\r\n\r\n')
    expect((await client.answer()).status).toBe(501)
    client.send('NOTIFY /parley/hq-1/status HTTP/1.1\r\nHost: im.example.com\r\nContent-Length: 0\r\n\r\n')
    await client.answer()
    expect(cluster.server.requests.map(({ target }) => target)).toEqual(['http://im.example.com/parley/hq-1/status'])
  })
})

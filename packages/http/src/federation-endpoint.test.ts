import type { X509Certificate } from 'node:crypto'
import { ManualClock, systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { createFederationEndpoint } from './federation-endpoint.ts'
import type { FederatedExchange } from './federation-events.ts'
import { type FederatedDomain, FederationPolicy } from './federation-policy.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { RvpRequest } from './rvp-exchange.ts'

const bob = userUrl('b.example', 'bob')
const b: FederatedDomain = {
  domain: 'b.example',
  inbound: true,
  outbound: true,
  serverNames: [],
  limits: { requestsPerSecond: 2, concurrent: 2, connections: 2 },
  allowPrivate: false,
}

const everybodys: readonly X509Certificate[] = []
const fsOwn: readonly X509Certificate[] = []

function endpoint() {
  const asked: RvpRequest[] = []
  const exchanged: FederatedExchange[] = []
  const refused: string[] = []
  const handler = createFederationEndpoint({
    policy: new FederationPolicy([
      b,
      { ...b, domain: 'c.example' },
      { ...b, domain: 'd.example', inbound: false },
      { ...b, domain: 'f.example', authorities: { pem: '', certificates: fsOwn } },
    ]),
    authorities: everybodys,
    domains: [{ domain: 'a.example', aliases: ['gw.a.example'] }],
    service: {
      handle: async (request) => {
        asked.push(request)
        return { status: 200 }
      },
    },
    clock: new ManualClock(),
    ids: systemIds,
    events: {
      exchanged: (exchange) => void exchanged.push(exchange),
      refused: ({ reason }) => void refused.push(reason),
      reachable() {},
      requestFinished() {},
    },
  })
  const ask = async (given: {
    headers?: Readonly<Record<string, string>>
    target?: string
    method?: string
    names?: readonly string[]
    signers?: readonly X509Certificate[]
  }): Promise<HttpResponse> => await handler(requestOf(given))
  return { ask, asked, exchanged, refused }
}

/** A request of bob's server for alice, unless told otherwise; `names` and `signers` are those of its certificate. */
function requestOf({
  headers = {},
  target = '/instmsg/aliases/Alice',
  method = 'PROPFIND',
  names = ['b.example'],
  signers = everybodys,
}: {
  headers?: Readonly<Record<string, string>>
  target?: string
  method?: string
  names?: readonly string[]
  signers?: readonly X509Certificate[]
}): HttpRequest {
  const all = new Map(Object.entries({ host: 'a.example', 'rvp-from-principal': bob, ...headers }))
  return {
    method,
    target,
    headers: { get: (name) => all.get(name), all: (name) => [all.get(name) ?? []].flat() },
    body: new Uint8Array(0),
    connection: {
      remoteAddress: '203.0.113.9',
      remotePort: 1,
      localAddress: '203.0.113.1',
      localPort: 8443,
      encrypted: true,
      state: undefined,
      ...(names.length > 0 && {
        peerCertificate: { subjectAltNames: names, isSignedBy: (asked) => asked === signers },
      }),
    },
  }
}

describe('a request of another IM domain’s server', () => {
  it('is handed on in the name of the principal whose domain is proved', async () => {
    const { ask, asked } = endpoint()
    expect((await ask({ headers: { 'rvp-hop-count': '2', depth: '0', 'rvp-stream': '1', cookie: 'a' } })).status).toBe(
      200,
    )
    const [request] = asked
    expect(request).toMatchObject({
      node: userUrl('a.example', 'alice'),
      href: 'http://a.example/instmsg/aliases/Alice',
      identity: { principal: bob, scheme: 'federated' },
      requestHost: undefined,
    })
    const passed = ['RVP-Hop-Count', 'Depth', 'RVP-Stream', 'Cookie'].map((name) => request?.header(name))
    expect(passed).toEqual(['2', '0', undefined, undefined])
  })

  it('is believed when its domain’s own authority signed the certificate', async () => {
    const fay = userUrl('f.example', 'fay')
    const given = { names: ['f.example'], signers: fsOwn, headers: { 'rvp-from-principal': fay } }
    expect((await endpoint().ask(given)).status).toBe(200)
  })

  it('may name nodes of its own domain, and of no third one', async () => {
    const { ask, asked } = endpoint()
    await ask({})
    const resolve = (url: string) => asked[0]?.resolve(url)
    expect(resolve('http://b.example/instmsg/aliases/Bob')).toBe(bob)
    expect(resolve('http://c.example/instmsg/aliases/carol')).toBeUndefined()
  })

  it.each([
    ['shows no certificate', { names: [] }],
    ['shows that of another domain of the policy', { names: ['c.example'] }],
    ['shows a wildcard', { names: ['*.example'] }],
    ['shows a certificate that the authority of another domain signed', { signers: fsOwn }],
    [
      'shows one that its own authority did not sign',
      { names: ['f.example'], headers: { 'rvp-from-principal': userUrl('f.example', 'fay') } },
    ],
    ['names no principal', { headers: { 'rvp-from-principal': 'http://b.example/' } }],
    [
      'is of a domain that only we may reach',
      { names: ['d.example'], headers: { 'rvp-from-principal': userUrl('d.example', 'dan') } },
    ],
    [
      'is of a domain that nobody knows',
      { names: ['e.example'], headers: { 'rvp-from-principal': userUrl('e.example', 'eve') } },
    ],
  ])('is refused when it %s, and its connection closed', async (_, given) => {
    const { ask, asked, refused, exchanged } = endpoint()
    const { status, close } = await ask(given)
    expect([400, 403]).toContain(status)
    expect(close).toBe(true)
    expect([asked.length, refused.length, exchanged.length]).toEqual([0, 1, 0])
  })

  it('is for a node of ours, by a name of ours', async () => {
    const status = async (given: Parameters<typeof requestOf>[0]) => (await endpoint().ask(given)).status
    expect(await status({ headers: { host: 'gw.a.example' } })).toBe(200)
    expect(await status({ headers: { host: 'c.example' } })).toBe(404)
    expect(await status({ target: 'http://203.0.113.1/instmsg/aliases/alice' })).toBe(404)
    expect(await status({ target: '/instmsg/local/a.example/instmsg/aliases/alice' })).toBe(404)
  })

  it('is refused beyond the domain’s share, which is nobody else’s', async () => {
    const { ask, exchanged } = endpoint()
    await ask({})
    await ask({})
    expect(await ask({})).toMatchObject({ status: 429, headers: expect.arrayContaining([['Retry-After', '1']]) })
    const carol = userUrl('c.example', 'carol')
    expect((await ask({ names: ['c.example'], headers: { 'rvp-from-principal': carol } })).status).toBe(200)
    expect(exchanged.map(({ domain, status }) => `${domain} ${status}`)).toEqual([
      'b.example 200',
      'b.example 200',
      'b.example 429',
      'c.example 200',
    ])
  })

  it('has gone over too many hops (RVP §7.2)', async () => {
    expect((await endpoint().ask({ headers: { 'rvp-hop-count': '11' } })).status).toBe(508)
  })

  it('is one of RVP (RVP §5.8)', async () => {
    expect((await endpoint().ask({ method: 'GET' })).status).toBe(501)
  })
})

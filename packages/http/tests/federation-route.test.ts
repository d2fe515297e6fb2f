import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { type Clock, ManualClock, systemClock } from '@parley/domain'
import { afterAll, describe, expect, it } from 'vitest'
import { NodeUnreachableError } from '../src/cluster-client.ts'
import { DirectRoute } from '../src/federation-direct.ts'
import { EgressRoute } from '../src/federation-egress.ts'
import { defaultFederationLimits, type FederatedDomain } from '../src/federation-policy.ts'
import type { ServerAddress } from '../src/federation-servers.ts'
import { clientRequest } from './cluster-under-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-federation-'))
const path = (name: string) => join(directory, name)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
/** A certificate that signs itself, for one name. */
function selfSigned(name: string): { cert: string; key: string } {
  const words = ['req', '-x509', ...newKey, '-subj', '/CN=b.example', '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', [...words, '-keyout', path('key'), '-out', path('cert')], { stdio: 'ignore' })
  return { cert: readFileSync(path('cert'), 'utf8'), key: readFileSync(path('key'), 'utf8') }
}

const ofB = selfSigned('b.example')
const ofOther = selfSigned('other.example')
afterAll(() => rmSync(directory, { recursive: true }))

const b: FederatedDomain = {
  domain: 'b.example',
  inbound: true,
  outbound: true,
  authorities: { pem: ofB.cert + ofOther.cert, certificates: [] },
  serverNames: [],
  limits: defaultFederationLimits,
  allowPrivate: true,
}
const written = {
  method: 'PROPFIND',
  path: '/instmsg/aliases/bob',
  headers: ['Host', 'b.example'],
  body: new Uint8Array(0),
}
const times = { connectMs: 4_000, answerMs: 9_000, deliveryMs: 25_000 }

/** A server that answers every connection's first bytes with `answer`. */
async function serverWith(certificate: { cert: string; key: string }, answer: string) {
  const asked: string[] = []
  const server = createTlsServer(certificate, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      asked.push(String(chunk))
      socket.write(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { asked, address: { address: '127.0.0.1', port }, [Symbol.asyncDispose]: async () => void server.close() }
}

/** Where nobody listens. */
async function nobody(): Promise<ServerAddress> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return { address: '127.0.0.1', port }
}

function routeTo(servers: readonly ServerAddress[], clock: Clock = systemClock): DirectRoute {
  return new DirectRoute({ servers: { locate: async () => servers }, certificate: undefined, clock, times })
}

const answer = 'HTTP/1.1 207 Multi-Status\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>'

describe('requests to another IM domain over connections of our own', () => {
  it('go to the next server when one is not there', async () => {
    await using server = await serverWith(ofB, answer)
    await using route = routeTo([await nobody(), server.address])
    expect(await route.send(b, clientRequest('PROPFIND'), written)).toMatchObject({ status: 207 })
    expect(server.asked[0]).toMatch(/^PROPFIND \/instmsg\/aliases\/bob HTTP\/1.1\r\nHost: b.example\r\n/i)
  })

  it('never reach a server whose certificate is for another name', async () => {
    await using server = await serverWith(ofOther, answer)
    await using route = routeTo([server.address])
    const failure = await route.send(b, clientRequest('PROPFIND'), written).catch((err: unknown) => err)
    expect(failure).toBeInstanceOf(NodeUnreachableError)
    expect(failure).toMatchObject({
      message: expect.stringContaining('no certificate for b.example'),
      mayHaveArrived: false,
    })
    expect(server.asked).toEqual([])
  })

  it('reach it when the policy expects that name', async () => {
    await using server = await serverWith(ofOther, answer)
    await using route = routeTo([server.address])
    const hosted = { ...b, serverNames: ['other.example'] }
    expect(await route.send(hosted, clientRequest('PROPFIND'), written)).toMatchObject({ status: 207 })
  })

  it('end when the answer takes too long, however it trickles', async () => {
    await using server = await serverWith(ofB, 'HTTP/1.1 207 Multi-Status\r\nContent-Length: 400\r\n\r\n<a>')
    const clock = new ManualClock()
    await using route = routeTo([server.address], clock)
    const failure = route.send(b, clientRequest('PROPFIND'), written).catch((err: unknown) => err)
    await expect.poll(() => server.asked.length).toBe(1)
    clock.elapse(times.answerMs)
    expect(await failure).toMatchObject({ name: 'NodeUnreachableError', mayHaveArrived: true, timedOut: true })
  })

  it('follow no redirect', async () => {
    await using elsewhere = await serverWith(ofB, answer)
    const location = `Location: https://127.0.0.1:${elsewhere.address.port}/`
    await using server = await serverWith(ofB, `HTTP/1.1 302 Found\r\n${location}\r\nContent-Length: 0\r\n\r\n`)
    await using route = routeTo([server.address])
    await expect(route.send(b, clientRequest('PROPFIND'), written)).rejects.toMatchObject({ status: 503 })
    expect(elsewhere.asked).toEqual([])
  })
})

describe('requests to another IM domain through routers', () => {
  const routers = ['http://router-1:8180', 'http://router-2:8180'] as const
  const unreachable = (mayHaveArrived: boolean) => new NodeUnreachableError('no answer', { mayHaveArrived })

  function egress(fail: (url: string) => Error | undefined) {
    const asked: string[] = []
    const route = new EgressRoute({
      routers,
      open: () => ({
        forward: async ({ home, holder: { clusterUrl } }) => {
          asked.push(`${home} ${clusterUrl}`)
          const failure = fail(clusterUrl)
          if (failure) throw failure
          return { status: 200 }
        },
        stream: () => Promise.reject(new Error('nobody streams')),
        call: () => Promise.reject(new Error('nobody calls')),
        superseded: () => {},
        [Symbol.asyncDispose]: async () => {},
      }),
    })
    return { asked, send: () => route.send(b, clientRequest('NOTIFY')) }
  }

  it('go to the first one, as no home’s', async () => {
    const { asked, send } = egress(() => undefined)
    await send()
    expect(asked).toEqual(['*egress http://router-1:8180'])
  })

  it('go to the next one when one is not there, and stay with it', async () => {
    const { asked, send } = egress((url) => (url === routers[0] ? unreachable(false) : undefined))
    await send()
    await send()
    expect(asked.map((each) => each.replace('*egress ', ''))).toEqual([routers[0], routers[1], routers[1]])
  })

  it('are not sent twice when one may have arrived (promise 3)', async () => {
    const { asked, send } = egress(() => unreachable(true))
    await expect(send()).rejects.toThrow(NodeUnreachableError)
    expect(asked).toHaveLength(1)
  })

  it('fail when no router is there', async () => {
    const { asked, send } = egress(() => unreachable(false))
    await expect(send()).rejects.toThrow(NodeUnreachableError)
    expect(asked).toHaveLength(2)
  })
})

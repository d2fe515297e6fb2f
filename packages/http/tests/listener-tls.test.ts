import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { RawPeer } from './listener-raw-peer.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-tls-'))
const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
const subject = ['-subj', '/CN=im.example.com', '-addext', 'subjectAltName=DNS:im.example.com']
const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
afterAll(() => rmSync(directory, { recursive: true }))

const request = 'GET /a HTTP/1.1\r\nHost: im.example.com\r\n\r\n'

async function connectTls(port: number): Promise<RawPeer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ port, host: '127.0.0.1', ca: tls.cert, servername: 'im.example.com' }, resolve)
  socket.once('error', reject)
  await promise
  return new RawPeer(socket)
}

describe('a listener with a certificate', () => {
  it('serves requests over TLS', async () => {
    await using server = await ListenerUnderTest.open({ tls })
    await using peer = await connectTls(server.listener.port)
    peer.send(request + request)
    expect(await peer.answers(2)).toMatchObject([{ body: '/a' }, { body: '/a' }])
    expect(server.requests[0]?.connection).toMatchObject({ encrypted: true, remoteAddress: '127.0.0.1' })
    expect(server.listener.url).toBe(`https://127.0.0.1:${server.listener.port}`)
  })

  it('streams over TLS', async () => {
    await using server = await ListenerUnderTest.open({
      tls,
      handler: () => ({
        status: 200,
        headers: [],
        stream: (sink) => {
          sink.write('hello')
          sink.end()
        },
      }),
    })
    await using peer = await connectTls(server.listener.port)
    peer.send(request)
    expect(await peer.toEnd()).toMatch(/hello$/)
  })

  it('closes what does not speak TLS, and goes on', async () => {
    await using server = await ListenerUnderTest.open({ tls })
    await server.exchange(request)
    await server.events.until(() => server.events.refusedConnections.length === 1)
    await using peer = await connectTls(server.listener.port)
    peer.send(request)
    expect((await peer.answer()).status).toBe(200)
  })

  it('counts connections by address also while they shake hands', async () => {
    await using server = await ListenerUnderTest.open({ tls, limits: { connectionsFromLoopback: 2 } })
    await using silent = await server.connect()
    const used = await connectTls(server.listener.port)
    await using third = await server.connect()
    await third.toEnd()
    expect(server.events.refusedConnections).toEqual(['too many connections from this address'])
    used.socket.destroy()
    await server.events.until(() => server.events.closed === 1)
    await using fourth = await connectTls(server.listener.port)
    fourth.send(request)
    expect((await fourth.answer()).status).toBe(200)
    expect(silent.ended).toBe(false)
  })

  it('survives a peer that goes while it shakes hands', async () => {
    await using server = await ListenerUnderTest.open({ tls })
    const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])
    for (const leave of ['resetAndDestroy', 'destroy', 'end'] as const) {
      await using peer = await server.connect()
      peer.send(hello)
      peer.socket[leave]()
    }
    await server.events.until(() => server.events.refusedConnections.length === 3)
    await using peer = await connectTls(server.listener.port)
    peer.send(request)
    expect((await peer.answer()).status).toBe(200)
  })
})

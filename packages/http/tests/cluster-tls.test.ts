import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { ClusterUnderTest, clientRequest } from './cluster-under-test.ts'
import { RawPeer } from './listener-raw-peer.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-mtls-'))
const path = (name: string) => join(directory, name)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']

function authority(name: string): void {
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`)
}

/** A certificate for `names`, which `ca` signed. */
function certificate(name: string, ca: string, names: string): { cert: Buffer; key: Buffer } {
  openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
  writeFileSync(path(`${name}.ext`), `subjectAltName=${names}`)
  const signing = ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', '2']
  openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
  return { cert: readFileSync(path(`${name}.pem`)), key: readFileSync(path(`${name}.key`)) }
}

authority('ca')
authority('foreign-ca')
const ca = readFileSync(path('ca.pem'))
const process1 = certificate('process-1', 'ca', 'DNS:localhost,IP:127.0.0.1')
const process2 = certificate('process-2', 'ca', 'DNS:Process-2.example.com,DNS:*.im.example.com,URI:http://a/')
const stranger = certificate('stranger', 'foreign-ca', 'DNS:process-2.example.com')
afterAll(() => rmSync(directory, { recursive: true }))

describe('nodes of a cluster that show each other certificates', () => {
  it('forward requests and calls', async () => {
    await using cluster = await ClusterUnderTest.open({
      listenerTls: { ...process1, clientCa: ca },
      clientTls: { ca, ...process2 },
      status: () => 'well',
    })
    for (const method of ['NOTIFY', 'PROPFIND', 'ACL']) {
      expect(await cluster.client.forward(cluster.lease(), clientRequest(method, { body: 'a' }))).toMatchObject({
        status: 200,
      })
    }
    expect(await cluster.client.call(cluster.lease(), 'status', null)).toBe('well')
    expect(cluster.server.requests[0]?.connection).toMatchObject({
      encrypted: true,
      peerCertificate: { subjectAltNames: ['process-2.example.com', '*.im.example.com'] },
    })
  })

  it('take none that a stranger signed', async () => {
    await using cluster = await ClusterUnderTest.open({
      listenerTls: { ...process1, clientCa: ca },
      clientTls: { ca, ...stranger },
    })
    const refused = { name: 'NodeUnreachableError' }
    await expect(cluster.client.forward(cluster.lease(), clientRequest('NOTIFY'))).rejects.toMatchObject(refused)
    expect(cluster.server.requests).toEqual([])
  })

  it('send nothing to a process whose certificate a stranger signed', async () => {
    await using cluster = await ClusterUnderTest.open({
      listenerTls: { ...stranger, clientCa: ca },
      clientTls: { ca, ...process2 },
    })
    await expect(cluster.client.forward(cluster.lease(), clientRequest('NOTIFY'))).rejects.toMatchObject({
      name: 'NodeUnreachableError',
      mayHaveArrived: false,
    })
  })
})

describe('a listener that asks for certificates and needs none', () => {
  async function proved(given?: { cert: Buffer; key: Buffer }) {
    await using server = await ListenerUnderTest.open({
      tls: { ...process1, clientCa: ca, clientCertificate: 'optional' },
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = connect({ port: server.listener.port, host: '127.0.0.1', ca, ...given }, resolve)
    socket.once('error', reject)
    await promise
    await using peer = new RawPeer(socket)
    peer.send('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect((await peer.answer()).status).toBe(200)
    return server.requests[0]?.connection.peerCertificate
  }

  it('says what a certificate proves', async () => {
    const proof = await proved(process2)
    expect(proof?.subjectAltNames).toEqual(['process-2.example.com', '*.im.example.com'])
    const authority = (name: string) => new X509Certificate(readFileSync(path(`${name}.pem`)))
    expect(proof?.isSignedBy([authority('foreign-ca'), authority('ca')])).toBe(true)
    expect(proof?.isSignedBy([authority('foreign-ca')])).toBe(false)
  })

  it('knows nothing of who shows none, or one that a stranger signed', async () => {
    expect(await proved()).toBeUndefined()
    expect(await proved(stranger)).toBeUndefined()
  })
})

describe('a listener that asks for no certificate', () => {
  it('knows nothing of its peers', async () => {
    await using server = await ListenerUnderTest.open({ tls: process1 })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = connect({ port: server.listener.port, host: '127.0.0.1', ca, ...process2 }, resolve)
    socket.once('error', reject)
    await promise
    await using peer = new RawPeer(socket)
    peer.send('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await peer.answer()
    expect(server.requests[0]?.connection.peerCertificate).toBeUndefined()
  })
})

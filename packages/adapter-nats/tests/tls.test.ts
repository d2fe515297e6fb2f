import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats } from '@parley/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { BusUnderTest } from './bus-under-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-nats-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = (name: string) => join(directory, name)
const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore', cwd: directory })
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate authority of its own. */
function authority(name: string): { name: string; ca: string } {
  openssl('req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`)
  return { name, ca: readFileSync(path(`${name}.pem`), 'utf8') }
}

function certificate(by: { name: string }, name: string, subjectAltName: string): { cert: string; key: string } {
  writeFileSync(path(`${name}.ext`), `subjectAltName=${subjectAltName}\n`)
  openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
  const signer = ['-CA', `${by.name}.pem`, '-CAkey', `${by.name}.key`, '-CAcreateserial']
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signer,
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
  )
  return { cert: readFileSync(path(`${name}.pem`), 'utf8'), key: readFileSync(path(`${name}.key`), 'utf8') }
}

const ours = authority('ours')
const theirs = authority('theirs')
const server = certificate(ours, 'server', 'IP:127.0.0.1')
const elsewhere = certificate(ours, 'elsewhere', 'DNS:nats.example.com')
const client = certificate(ours, 'client', 'DNS:home.example.com')
const foreign = certificate(theirs, 'foreign', 'DNS:home.example.com')

function filesOf({ cert, key }: { cert: string; key: string }) {
  return { 'cert.pem': cert, 'key.pem': key, 'ca.pem': ours.ca }
}
const tlsBlock = 'tls { cert_file: "cert.pem", key_file: "key.pem" }'

describe('NATS over TLS', () => {
  it('is used when the authority of the server’s certificate is trusted', async () => {
    await using nats = await startNats({ config: tlsBlock, files: filesOf(server) })
    await using home = await BusUnderTest.open(nats.url.replace('nats:', 'tls:'), { tls: { ca: ours.ca } })
    expect(home.events.lines).toEqual([`connected tls://127.0.0.1:${nats.port}`])
  })

  it('is refused with a clear problem when another authority is trusted, or that of the system', async () => {
    await using nats = await startNats({ config: tlsBlock, files: filesOf(server) })
    for (const tls of [{ ca: theirs.ca }, undefined]) {
      await using home = await BusUnderTest.open(nats.url, { tls })
      expect(await home.events.next('problem')).toMatch(
        /certificate of nats:.* is not trusted \([A-Z_]+\): check tls\.ca/,
      )
      expect(home.bus.server).toBeUndefined()
    }
  })

  it('is refused when the certificate is for another host', async () => {
    await using nats = await startNats({ config: tlsBlock, files: filesOf(elsewhere) })
    await using home = await BusUnderTest.open(nats.url, { tls: { ca: ours.ca } })
    expect(await home.events.next('problem')).toMatch(/is for another host/)
  })

  it('is not given up for a server that offers none', async () => {
    await using nats = await startNats()
    await using home = await BusUnderTest.open(nats.url.replace('nats:', 'tls:'))
    expect(await home.events.next('problem')).toMatch(/offers no TLS/)
    expect(home.bus.server).toBeUndefined()
  })

  it('shows our certificate to servers that ask for one', async () => {
    const config = 'tls { cert_file: "cert.pem", key_file: "key.pem", ca_file: "ca.pem", verify: true }'
    await using nats = await startNats({ config, files: filesOf(server) })
    await using home = await BusUnderTest.open(nats.url, { tls: { ca: ours.ca, ...client } })
    expect(home.events.count('connected')).toBe(1)
    await using silent = await BusUnderTest.open(nats.url, { tls: { ca: ours.ca } })
    expect(await silent.events.next('problem')).toMatch(
      /asks for a TLS certificate of ours: set tls\.cert and tls\.key/,
    )
    await using stranger = await BusUnderTest.open(nats.url, { tls: { ca: ours.ca, ...foreign } })
    expect(await stranger.events.next('problem')).toMatch(/refuses our TLS certificate \([A-Z_/]+\): check tls\.cert/)
  })
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { platformRandom } from '@parley/client'
import { BasicAuthentication, connect, DigestAuthentication, UndiciTransport } from '@parley/client/node'
import { writePropfind } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { TemporaryOffice } from './temporary-office.ts'

const domains = [{ name: 'im.example.com' }, { name: 'im.example.org' }]
const displayName = { kind: 'prop', names: ['{DAV:}displayname'] } as const

/** Asks for alice in a domain, as alice of that domain, over one listener. */
async function askFor(domain: string, server: string) {
  const authentication = new DigestAuthentication({ user: 'alice', password: 'alice' }, platformRandom)
  const transport = new UndiciTransport({ server, authentication })
  try {
    return await transport.send({
      method: 'PROPFIND',
      url: `http://${domain}/instmsg/aliases/alice`,
      headers: [['Depth', '0']],
      body: writePropfind(displayName),
    })
  } finally {
    await transport.close()
  }
}

describe('Virtual servers', () => {
  it('serve several IM domains on one address, told apart by the host', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const [url = ''] = await office.serveAll(office.config({ domains }))
    for (const { name } of domains) {
      expect((await askFor(name, url)).body).toContain(`<d:href>http://${name}/instmsg/aliases/alice</d:href>`)
    }
  })

  it('serve different domains on different ports; others are not known there', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const listen = domains.map(({ name }) => ({ at: '127.0.0.1:0', domains: [name] }))
    const [first = '', second = ''] = await office.serveAll(office.config({ domains, listen }))
    expect((await askFor('im.example.com', first)).status).toBe(207)
    expect((await askFor('im.example.org', second)).status).toBe(207)
    const physical = '/instmsg/local/im.example.org/instmsg/aliases/alice'
    const authentication = new DigestAuthentication({ user: 'alice', password: 'alice' }, platformRandom)
    const transport = new UndiciTransport({ server: first, authentication })
    const url = `http://im.example.com${physical}`
    expect((await transport.send({ method: 'ACL', url, headers: [] })).status).toBe(404)
    await transport.close()
  })

  it('let users of one domain watch and write to users of another', async () => {
    await using office = await TemporaryOffice.open(['alice', 'bob'])
    const [url = ''] = await office.serveAll(office.config({ domains }))
    const alice = await connect({
      server: url,
      domain: 'im.example.com',
      alias: 'alice',
      password: 'alice',
      device: 'stream',
    })
    const bob = await connect({
      server: url,
      domain: 'im.example.org',
      alias: 'bob',
      password: 'bob',
      device: 'stream',
    })
    expect(await alice.watch(bob.self)).toBe('online')
    const heard = new Promise((resolve) => bob.on((event) => event.type === 'message' && resolve(event)))
    expect(await alice.send(bob.self, 'hello over there')).toBe('delivered')
    expect(await heard).toMatchObject({ from: alice.self, text: 'hello over there' })
    await Promise.all([alice.close(), bob.close()])
  })

  it('speak TLS beside plain HTTP, and take Basic over TLS only', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const [cert, key] = [office.file('cert.pem'), office.file('key.pem')]
    const subject = ['-subj', '/CN=im.example.com', '-addext', 'subjectAltName=DNS:im.example.com']
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    )
    const listen = [{ at: '127.0.0.1:0' }, { at: '127.0.0.1:0', tls: { cert, key } }]
    const urls = await office.serveAll(office.config({ listen }))
    const statuses = []
    for (const server of urls) {
      const authentication = new BasicAuthentication({ user: 'alice', password: 'alice' })
      const transport = new UndiciTransport({ server, authentication, ca: readFileSync(cert, 'utf8') })
      const answer = await transport.send({
        method: 'ACL',
        url: 'http://im.example.com/instmsg/aliases/alice',
        headers: [],
      })
      statuses.push([new URL(server).protocol, answer.status])
      await transport.close()
    }
    expect(statuses).toEqual([
      ['http:', 401],
      ['https:', 200],
    ])
  })
})

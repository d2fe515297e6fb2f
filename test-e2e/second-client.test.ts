import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseMultistatus, parseSubscriptions } from '@parley/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CurlTransfer, curl, finalHeader } from './curl.ts'
import { ParleyServer } from './parley-server.ts'
import { ParleyUser } from './parley-user.ts'
import { temporaryFolder } from './work-folder.ts'

const password = 'correct horse'
const users = ['alice', 'bob'].map((name) => ({ name, password }))
const digest = ['--digest', '--user', `alice:${password}`]
const namespaces =
  'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:a="http://schemas.microsoft.com/rvp/acl/"'
const alice = '/instmsg/aliases/alice'

// One server for all, as starting one takes longer than all requests to it.
let server: ParleyServer
beforeAll(async () => {
  server = await ParleyServer.start({ users })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

interface CurlRequest {
  readonly method: string
  readonly node?: string
  readonly headers?: readonly string[]
  readonly body?: string
  /** How to sign in, and further options. */
  readonly options?: readonly string[]
}

async function ask(request: CurlRequest): Promise<CurlTransfer> {
  const { method, node = alice, headers = [], body, options = digest } = request
  const named = ['Host: im.example.com', 'RVP-Notifications-Version: 0.2', ...headers]
  const [transfer] = await curl(
    [
      ...options,
      ...['--request', method, ...named.flatMap((header) => ['--header', header])],
      ...(body === undefined ? [] : ['--header', 'Content-Type: text/xml', '--data-binary', '@-']),
      `http://127.0.0.1:${server.port}${node}`,
    ],
    body,
  )
  if (!transfer) throw new Error('curl made no request')
  return transfer
}

const findState = {
  method: 'PROPFIND',
  headers: ['Depth: 0'],
  body: `<d:propfind ${namespaces}><d:prop><r:state/></d:prop></d:propfind>`,
} as const

describe('curl, with Digest', () => {
  it('uses every method of RVP, and each answer has an exact Content-Length and a version [R4] [R8] [R11] [R12]', async () => {
    await using bob = await ParleyUser.signOn(server, server.domain, { name: 'bob', password })
    const transfers: CurlTransfer[] = []
    const step = async (request: CurlRequest): Promise<CurlTransfer> => {
      const transfer = await ask(request)
      transfers.push(transfer)
      return transfer
    }

    const login = await step({
      method: 'SUBSCRIBE',
      headers: ['Notification-Type: pragma/notify', 'Subscription-Lifetime: 14000', 'Call-Back: http://127.0.0.1:9'],
    })
    const id = finalHeader(login, 'Subscription-Id') ?? ''
    const watch = await step({
      method: 'SUBSCRIBE',
      node: '/instmsg/aliases/bob',
      headers: [
        'Notification-Type: update/propchange',
        'Subscription-Lifetime: 14000',
        'Call-Back: http://im.example.com/instmsg/aliases/alice',
      ],
    })
    const patch = await step({
      method: 'PROPPATCH',
      body:
        `<d:propertyupdate ${namespaces}><d:set><d:prop><r:state><r:leased-value><r:value><r:busy/></r:value>` +
        '<d:timeout>1200</d:timeout></r:leased-value></r:state></d:prop></d:set></d:propertyupdate>',
    })
    const find = await step(findState)
    const acl = await step({ method: 'ACL' })
    const listed = await step({ method: 'SUBSCRIPTIONS', headers: ['Notification-Type: pragma/notify'] })
    const sent = await step({
      method: 'NOTIFY',
      node: '/instmsg/aliases/bob',
      headers: ['RVP-Ack-Type: DeepOr', 'RVP-Hop-Count: 1'],
      body:
        `<r:notification ${namespaces}><r:message><r:notification-from><r:contact>` +
        '<d:href>http://im.example.com/instmsg/aliases/alice</d:href></r:contact></r:notification-from><r:notification-to>' +
        '<r:contact><d:href>http://im.example.com/instmsg/aliases/bob</d:href></r:contact></r:notification-to><r:msgbody>' +
        '<r:mime-data><![CDATA[MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n' +
        'Session-Id: {0D9A6C32-0000-4000-8000-000000000001}\r\n\r\nhello from curl]]></r:mime-data></r:msgbody>' +
        '</r:message></r:notification>',
    })
    const goodBye = await step({ method: 'UNSUBSCRIBE', headers: [`Subscription-Id: ${id}`] })

    expect([login, watch, patch, find, acl, listed, sent, goodBye].map(({ status }) => status)).toEqual([
      200, 207, 207, 207, 200, 200, 200, 200,
    ])
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'hello from curl' })
    expect(parseMultistatus(find.body).propstats[0]?.properties[0]?.state?.state).toBe('busy')
    expect(acl.body).toContain('<a:allprincipals/>')
    expect(parseSubscriptions(listed.body).map((one) => one.id)).toEqual([Number(id)])
    for (const { responses } of transfers) {
      expect(responses.map(({ status }) => status)).toEqual([401, expect.any(Number)])
      for (const { headers } of responses) {
        const names = headers.map(([name]) => name)
        expect(names.filter((name) => name.toLowerCase() === 'content-length')).toEqual(['Content-Length'])
        expect(names).not.toContain('Transfer-Encoding')
        expect(headers).toContainEqual(['RVP-Notifications-Version', '0.2'])
      }
    }
  })

  it('is answered without 100 Continue, whether it asks for it or not [R8]', async () => {
    const waits = ['--expect100-timeout', '0.1']
    const { responses, status } = await ask({
      ...findState,
      headers: [...findState.headers, 'Expect: 100-continue'],
      options: [...digest, ...waits],
    })
    expect(status).toBe(207)
    expect(responses.map((one) => one.status)).not.toContain(100)
  })

  it('hears 413 to a body of more than a mebibyte, for which it asks to go on', async () => {
    const body = ' '.repeat(1_200_000)
    const { responses } = await ask({ ...findState, body })
    expect(responses.map(({ status }) => status)).toEqual([401, 413])
    expect((await ask(findState)).status).toBe(207)
  })

  it('may send its body in chunks', async () => {
    const chunked = { ...findState, headers: [...findState.headers, 'Transfer-Encoding: chunked'] }
    const { status, body } = await ask(chunked)
    expect(status).toBe(207)
    expect(parseMultistatus(body).propstats[0]?.status).toBe(200)
  })

  it('may speak HTTP/1.0', async () => {
    const { status, body, responses } = await ask({ ...findState, options: [...digest, '--http1.0'] })
    expect(status).toBe(207)
    expect(responses.at(-1)?.headers).toContainEqual(['Content-Length', `${Buffer.byteLength(body)}`])
  })

  it('may name the node by an absolute URL, as it does to a proxy [R3]', async () => {
    const proxy = ['--noproxy', '', '--proxy', `http://127.0.0.1:${server.port}`]
    const named = [...digest, ...proxy, '--request', 'ACL', 'http://im.example.com/instmsg/aliases/alice']
    const [transfer] = await curl(named)
    expect(transfer?.status).toBe(200)
    expect(transfer?.body).toContain('http://im.example.com/instmsg/aliases/alice')
  })

  it('keeps its connection for the retry after a 401, and for what comes after [R10]', async () => {
    const url = `http://127.0.0.1:${server.port}${alice}`
    const transfers = await curl([...digest, '--request', 'ACL', url, url, url])
    expect(transfers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(transfers.map(({ connects }) => connects)).toEqual([1, 0, 0])
  })

  it('is told no more than 401 when its password is wrong, and 501 or 405 to methods that RVP §5.8 does not have', async () => {
    const wrong = await ask({ method: 'ACL', options: ['--digest', '--user', 'alice:battery staple'] })
    expect(wrong.status).toBe(401)
    const foreign = ['DELETE', 'COPY', 'MOVE', 'MKCOL', 'BREW']
    const statuses = []
    for (const method of foreign) statuses.push((await ask({ method, options: [] })).status)
    expect(statuses).toEqual([501, 405, 405, 501, 501])
  })
})

describe('curl, with NTLM', () => {
  it('signs in with NTLMv2 against the server as it comes, once for each connection [R39] [R40]', async () => {
    const url = `http://127.0.0.1:${server.port}${alice}`
    const transfers = await curl(['--ntlm', '--user', `alice:${password}`, '--request', 'ACL', url, url])
    expect(transfers.map(({ status }) => status)).toEqual([200, 200])
    expect(transfers.map(({ connects }) => connects)).toEqual([1, 0])
    expect(transfers[1]?.responses).toHaveLength(1)
  })

  it('is refused with a wrong password', async () => {
    const { status } = await ask({ method: 'ACL', options: ['--ntlm', '--user', 'alice:battery staple'] })
    expect(status).toBe(401)
  })
})

describe('curl, over TLS', () => {
  it('may use Basic, with a certificate that it can verify; without TLS Basic is neither offered nor taken', async () => {
    await using folder = await temporaryFolder('tls')
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const subject = ['-subj', '/CN=im.example.com', '-addext', 'subjectAltName=DNS:im.example.com']
    execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    await using secure = await ParleyServer.start({ users, flags: ['--tls-cert', cert, '--tls-key', key] })
    const basic = ['--basic', '--user', `alice:${password}`, '--request', 'ACL']

    const address = ['--resolve', `im.example.com:${secure.port}:127.0.0.1`, '--cacert', cert]
    const url = `https://im.example.com:${secure.port}${alice}`
    const [good] = await curl([...basic, ...address, url])
    const [bad] = await curl([...address, '--basic', '--user', 'alice:battery staple', '--request', 'ACL', url])
    const refused = await ask({ method: 'ACL', options: ['--basic', '--user', `alice:${password}`] })

    expect(good?.status).toBe(200)
    expect(bad?.status).toBe(401)
    expect(challengesOf(bad)).toContain('Basic')
    expect(refused.status).toBe(401)
    expect(challengesOf(refused)).not.toContain('Basic')
    await expect(curl([...basic, ...address.slice(0, 2), url])).rejects.toThrow(/certificate/)
  })
})

function challengesOf(transfer: CurlTransfer | undefined): (string | undefined)[] {
  const headers = transfer?.responses.at(-1)?.headers ?? []
  return headers.filter(([name]) => name === 'WWW-Authenticate').map(([, value]) => value.split(' ')[0])
}

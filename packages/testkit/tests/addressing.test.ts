import { connect as connectSocket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { deployments, type TestInstallation } from '../src/index.ts'

/** What comes back for raw lines, until the server closes. */
async function raw(domain: TestInstallation, lines: readonly string[]): Promise<string> {
  const socket = connectSocket(domain.port, '127.0.0.1')
  socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  return answer
}

const propfind = {
  as: 'alice',
  method: 'PROPFIND',
  headers: [['Depth', '0']] as const,
  body: '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname/></d:prop></d:propfind>',
}

describe.each(deployments)('Addressing, RVP §4.1.2: $deployment', ({ start }) => {
  it('answers with the logical URL also when asked with the physical one [R17] [R45]', async () => {
    await using domain = await start()
    const physical = '/instmsg/local/im.example.com/instmsg/aliases/bob'
    const answer = await domain.request({ ...propfind, path: physical })
    expect(answer.status).toBe(207)
    expect(answer.body).toContain('<d:href>http://im.example.com/instmsg/aliases/bob</d:href>')
  })

  it.each([
    ['SUBSCRIPTIONS', 403],
    ['ACL', 403],
    ['UNSUBSCRIBE', 400],
    ['SUBSCRIBE', 400],
    ['NOTIFY', 400],
    ['PROPFIND', 412],
    ['PROPPATCH', 400],
  ])('finds the node of a physical %s [R45]', async (method, status) => {
    await using domain = await start()
    const answer = await domain.request({
      as: 'alice',
      method,
      path: '/instmsg/local/im.example.com/instmsg/aliases/bob',
    })
    expect(answer.status).toBe(status)
  })

  it('serves every node itself, and so never redirects a client that could not follow [R44]', async () => {
    await using domain = await start()
    for (const path of ['/instmsg/aliases/bob', '/instmsg/local/im.example.com/instmsg/aliases/bob']) {
      expect((await domain.request({ ...propfind, path })).status).toBe(207)
    }
  })

  it('repeats the alias in the case in which the client wrote it [R17]', async () => {
    await using domain = await start()
    const answer = await domain.request({ ...propfind, path: '/instmsg/aliases/Bob' })
    expect(answer.body).toContain('<d:href>http://im.example.com/instmsg/aliases/Bob</d:href>')
  })

  it('takes host and port from RVP-From-Principal when Host is the same host without the port [R5] [R17]', async () => {
    await using domain = await start()
    const principal = ['RVP-From-Principal', 'http://router.example.com:8080/instmsg/aliases/alice'] as const
    const answer = await domain.request({
      ...propfind,
      host: 'router.example.com',
      path: '/instmsg/aliases/bob',
      headers: [...propfind.headers, principal],
    })
    expect(answer.status).toBe(207)
    expect(answer.body).toContain('<d:href>http://router.example.com:8080/instmsg/aliases/bob</d:href>')
  })

  it('believes RVP-From-Principal when a proxy put its own name into Host [R17]', async () => {
    await using domain = await start()
    const principal = ['RVP-From-Principal', domain.node('alice')] as const
    const answer = await domain.request({
      ...propfind,
      host: '127.0.0.1',
      path: '/instmsg/aliases/bob',
      headers: [...propfind.headers, principal],
    })
    expect(answer.body).toContain(`<d:href>${domain.node('bob')}</d:href>`)
  })

  it('tells each watcher of a change under the name by which that watcher knows the domain [R17]', async () => {
    await using domain = await start()
    await domain.logOn('bob')
    const watch = [
      ['Notification-Type', 'update/propchange'],
      ['Subscription-Lifetime', '14000'],
    ] as const
    const principal = ['RVP-From-Principal', 'http://127.0.0.1/instmsg/aliases/alice'] as const
    const callBack = ['Call-Back', 'http://127.0.0.1/instmsg/aliases/alice'] as const
    const answer = await domain.request({
      as: 'alice',
      method: 'SUBSCRIBE',
      host: '127.0.0.1',
      path: '/instmsg/aliases/bob',
      headers: [...watch, principal, callBack],
    })
    expect(answer.status).toBe(207)
    expect(answer.body).toContain('<d:href>http://127.0.0.1/instmsg/aliases/bob</d:href>')
  })

  it('says 404 to a domain that is not ours', async () => {
    await using domain = await start()
    const answer = await domain.request({ ...propfind, path: '/instmsg/local/im.other.example/instmsg/aliases/bob' })
    expect(answer.status).toBe(404)
  })
})

describe.each(deployments)('Other methods, RVP §5.8: $deployment', ({ start }) => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'LOCK', 'UNLOCK', 'OPTIONS', 'BREW'])('answers 501 to %s', async (method) => {
    await using domain = await start()
    const answer = await raw(domain, [`${method} /instmsg/aliases/bob HTTP/1.1`, 'Host: im.example.com'])
    expect(answer).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/)
  })

  it.each(['COPY', 'MOVE'])('answers 405 to %s', async (method) => {
    await using domain = await start()
    const answer = await raw(domain, [`${method} /instmsg/aliases/bob HTTP/1.1`, 'Host: im.example.com'])
    expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/)
  })
})

describe.each(deployments)('Answers, RVP §7.2: $deployment', ({ start }) => {
  it('carry the version, an exact Content-Length and, when refused, the request’s id [R8] [R11]', async () => {
    await using domain = await start()
    const challenge = await raw(domain, ['ACL /instmsg/aliases/bob HTTP/1.1', 'Host: im.example.com'])
    expect(challenge).toMatch(/^HTTP\/1\.1 401 Access Denied\r\n/)
    expect(challenge).toMatch(/\r\nRVP-Notifications-Version: 0\.2\r\n/)
    expect(challenge).toMatch(/\r\nContent-Length: 0\r\n/)
    const refused = await domain.request({ ...propfind, path: '/instmsg/aliases/nobody' })
    expect(refused.status).toBe(404)
    expect(refused.body).toBe(`no such node (request ${refused.header('X-Request-Id')})\n`)
    const forbidden = await domain.request({ as: 'alice', method: 'ACL', path: '/instmsg/aliases/bob' })
    expect(forbidden.status).toBe(403)
    expect(forbidden.body).toContain(` (request ${forbidden.header('X-Request-Id')})\n`)
  })

  it('give every 207 a body, as text/xml [R9]', async () => {
    await using domain = await start()
    const answer = await domain.request({ ...propfind, path: '/instmsg/aliases/bob' })
    expect(answer.status).toBe(207)
    expect(answer.header('Content-Type')).toBe('text/xml')
    expect(answer.body).toMatch(/^<d:multistatus xmlns:d="DAV:" xmlns:r="http:\/\/schemas.microsoft.com\/rvp\/"/)
  })
})

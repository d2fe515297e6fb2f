import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { DigestAuthentication, digestResponse } from '../src/digest-authentication.ts'
import { UndiciTransport, type UndiciTransportOptions } from '../src/undici-transport.ts'

let cleanUp = new AsyncDisposableStack()

afterEach(async () => {
  await cleanUp.disposeAsync()
  cleanUp = new AsyncDisposableStack()
})

/** A server with a handler; tells how many connections it got. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

function connect(server: string, more: Partial<UndiciTransportOptions> = {}) {
  const transport = new UndiciTransport({ server, ...more })
  cleanUp.defer(() => transport.close())
  return transport
}

const random = { fraction: () => 0, guid: () => 'c-n-o-n-c-e' }
const alice = { user: 'alice', password: 'secret' }
const url = 'http://im.example.com/instmsg/aliases/alice'
const path = '/instmsg/aliases/alice'

describe('UndiciTransport', () => {
  it('brings a logical URL to the server it was made for, and names the IM domain in Host', async () => {
    const { origin } = await serve((request, response) => {
      response.setHeader('X-Seen', `${request.method} ${request.url} ${request.headers.host}`)
      response.end('<answer/>')
    })
    const answer = await connect(origin).send({ method: 'SUBSCRIBE', url, headers: [] })
    expect(answer).toMatchObject({ status: 200, body: '<answer/>', url, direct: false })
    expect(answer.header('x-seen')).toBe(`SUBSCRIBE ${path} im.example.com`)
  })

  it('uses one connection for many a NOTIFY with a body', async () => {
    const { origin, connections } = await serve((request, response) => request.resume().on('end', () => response.end()))
    const transport = connect(origin, { maxConnections: 1 })
    for (let n = 0; n < 5; n++) await transport.send({ method: 'NOTIFY', url, headers: [], body: '<a/>' })
    expect(connections()).toBe(1)
  })

  it('answers a Digest challenge on the same connection, and the next request without being asked', async () => {
    const seen: (string | undefined)[] = []
    const { origin, connections } = await serve((request, response) => {
      seen.push(request.headers.authorization)
      if (!request.headers.authorization) {
        response.setHeader('WWW-Authenticate', ['Negotiate', 'NTLM', 'Digest realm="r", nonce="n", qop="auth"'])
        response.writeHead(401)
      }
      response.end('x')
    })
    const transport = connect(origin, {
      authentication: new DigestAuthentication(alice, random),
      maxConnections: 1,
    })
    for (const _ of [1, 2]) expect((await transport.send({ method: 'ACL', url, headers: [] })).status).toBe(200)
    const response = (nonceCount: string) =>
      digestResponse({
        ...alice,
        realm: 'r',
        nonce: 'n',
        method: 'ACL',
        uri: path,
        qop: { nonceCount, cnonce: 'cnonce' },
      })
    expect(seen[0]).toBeUndefined()
    expect(seen[1]).toContain(`response="${response('00000001')}"`)
    expect(seen[2]).toContain(`response="${response('00000002')}"`)
    expect(connections()).toBe(1)
  })

  it('resolves with the 401 when the password is wrong', async () => {
    let asked = 0
    const { origin } = await serve((_request, response) => {
      response.writeHead(401, { 'WWW-Authenticate': `Digest realm="r", nonce="n${asked++}", qop="auth"` }).end()
    })
    const transport = connect(origin, { authentication: new DigestAuthentication(alice, random) })
    expect((await transport.send({ method: 'ACL', url, headers: [] })).status).toBe(401)
    expect(asked).toBe(2)
  })

  it('follows a redirect with method and body to the physical URL', async () => {
    const home = await serve(async (request, response) => {
      const chunks = await Array.fromAsync(request)
      response.end(`${request.method} ${request.headers.host} ${request.url} ${Buffer.concat(chunks)}`)
    })
    const physical = `${home.origin}/instmsg/local/im.example.com${path}`
    const router = await serve((_request, response) => response.writeHead(302, { Location: physical }).end('moved'))
    const answer = await connect(router.origin).send({ method: 'PROPPATCH', url, headers: [], body: '<a/>' })
    const { host, pathname } = new URL(physical)
    expect(answer).toMatchObject({ body: `PROPPATCH ${host} ${pathname} <a/>`, url: physical, direct: true })
  })

  it('stays at the named server when a redirect leads to another path of the same logical host', async () => {
    const renamed = await serve((request, response) => {
      if (request.url === path) response.writeHead(302, { Location: `${url}a` }).end()
      else response.end(`${request.method} ${request.headers.host} ${request.url}`)
    })
    const answer = await connect(renamed.origin).send({ method: 'PROPFIND', url, headers: [] })
    expect(answer).toMatchObject({ status: 200, body: `PROPFIND im.example.com ${path}a` })
  })

  it('tells a scheme when a redirect leads to a server that the user has not named', async () => {
    const targets: unknown[] = []
    const authentication = {
      perConnection: false,
      attempt({ origin, foreign }: { origin: string; foreign: boolean }) {
        targets.push([origin, foreign])
        return { first: () => undefined, next: async () => undefined }
      },
    }
    const other = await serve((_request, response) => response.writeHead(401).end())
    const named = await serve((_request, response) => response.writeHead(302, { Location: `${other.origin}/` }).end())
    await connect(named.origin, { authentication }).send({ method: 'ACL', url, headers: [] })
    expect(targets).toEqual([
      [named.origin, false],
      [other.origin, true],
    ])
  })

  it('gives up on redirects that never end, and on relative ones', async () => {
    const circle = await serve((request, response) =>
      response.writeHead(302, { Location: `http://${request.headers.host}/` }).end(),
    )
    const direct = { method: 'ACL', url: circle.origin, direct: true, headers: [] }
    await expect(connect(circle.origin).send(direct)).rejects.toMatchObject({ failure: 'protocol' })
    const relative = await serve((_request, response) => response.writeHead(302, { Location: '/x' }).end())
    const request = { method: 'ACL', url, headers: [] }
    await expect(connect(relative.origin).send(request)).rejects.toMatchObject({ failure: 'protocol' })
  })

  it('reads a stream as it comes, and closes its connection on abort', async () => {
    const closed = Promise.withResolvers<void>()
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: é\n\n')
      response.on('close', closed.resolve)
    })
    const abort = new AbortController()
    const stream = await connect(origin).open({ method: 'GET', url, headers: [], signal: abort.signal })
    const chunks = stream.chunks[Symbol.asyncIterator]()
    expect((await chunks.next()).value).toBe('data: é\n\n')
    abort.abort()
    await expect(chunks.next()).rejects.toMatchObject({ failure: 'aborted' })
    await closed.promise
  })

  it('bounds the size of an answer', async () => {
    const { origin } = await serve((_request, response) => response.end('x'.repeat(1001)))
    const request = { method: 'ACL', url, headers: [] }
    await expect(connect(origin, { maxResponseBytes: 1000 }).send(request)).rejects.toMatchObject({
      failure: 'protocol',
    })
  })

  it('says when no server is there, when it is silent, and when the transport is closed', async () => {
    const { origin } = await serve(() => undefined)
    const request = { method: 'ACL', url, headers: [] }
    await expect(connect(origin, { timeoutMs: 50 }).send(request)).rejects.toMatchObject({ failure: 'timeout' })
    const unused = await serve(() => undefined)
    await cleanUp.disposeAsync()
    cleanUp = new AsyncDisposableStack()
    const transport = connect(unused.origin)
    await expect(transport.send(request)).rejects.toMatchObject({ failure: 'unreachable' })
    await transport.close()
    await expect(transport.send(request)).rejects.toMatchObject({ failure: 'aborted' })
  })
})

describe('UndiciTransport with a scheme that proves connections', () => {
  const handshake = {
    perConnection: true,
    attempt() {
      let round = 0
      return { first: () => undefined, next: async () => ['NTLM 1', 'NTLM 3'][round++] }
    },
  }

  /** Remembers who has shaken hands, as a server does (client-facts §5, 40). */
  function remembering(seen: string[]) {
    const proved = new WeakSet<object>()
    return (request: IncomingMessage, response: ServerResponse) => {
      seen.push(`${request.method} ${request.headers.authorization ?? '-'}`)
      if (request.headers.authorization === 'NTLM 3') proved.add(request.socket)
      const isKnown = proved.has(request.socket) || request.method === 'POST'
      request.resume().on('end', () => response.writeHead(isKnown ? 200 : 401, { 'WWW-Authenticate': 'NTLM' }).end())
    }
  }

  it('shakes hands once on one connection, however many requests come at once', async () => {
    const seen: string[] = []
    const { origin, connections } = await serve(remembering(seen))
    const transport = connect(origin, { authentication: handshake })
    const send = () => transport.send({ method: 'NOTIFY', url, headers: [], body: '<a/>' })
    const answers = await Promise.all([send(), send(), send()])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(seen).toEqual(['NOTIFY -', 'NOTIFY NTLM 1', 'NOTIFY NTLM 3', 'NOTIFY -', 'NOTIFY -'])
    expect(connections()).toBe(1)
  })

  it('does not let an anonymous request wait for others, nor give it credentials', async () => {
    const seen: string[] = []
    const held = Promise.withResolvers<void>()
    const handle = remembering(seen)
    const { origin } = await serve((request, response) => {
      if (request.method === 'POST') handle(request, response)
      else void held.promise.then(() => handle(request, response))
    })
    const transport = connect(origin, { authentication: handshake })
    const waiting = transport.send({ method: 'NOTIFY', url, headers: [] })
    expect((await transport.send({ method: 'POST', url, headers: [], anonymous: true })).status).toBe(200)
    expect(seen).toEqual(['POST -'])
    held.resolve()
    expect((await waiting).status).toBe(200)
  })
})

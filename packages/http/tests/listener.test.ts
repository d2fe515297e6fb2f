import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../src/http-message.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const get = (target: string, ...lines: string[]) =>
  `${[`GET ${target} HTTP/1.1`, 'Host: im.example.com', ...lines].join('\r\n')}\r\n\r\n`

describe('requests of real clients', () => {
  it('[R1] are taken with bare-LF line ends, as Miranda sends them', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send('SUBSCRIBE /instmsg/aliases/a HTTP/1.1\nHost: im.example.com\nContent-Length: 0\n\n')
    expect(await peer.answer()).toMatchObject({ status: 200, body: '/instmsg/aliases/a' })
  })

  it("[R2][R3][R4] are taken without a length, in absolute form, with Net::RVP's TE and Keep-Alive", async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    const head = ['Host: im', 'TE: deflate,gzip;q=0.3', 'Keep-Alive: 300', 'Connection: Keep-Alive, TE']
    peer.send(`SUBSCRIPTIONS http://im/instmsg/aliases/a HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
    expect(await peer.answer()).toMatchObject({ status: 200, body: 'http://im/instmsg/aliases/a' })
    peer.send(get('/again'))
    expect(await peer.answer()).toMatchObject({ status: 200, body: '/again' })
    expect(server.requests[0]?.method).toBe('SUBSCRIPTIONS')
  })

  it('[R6] may never come on a connection, which is closed when it was idle for long', async () => {
    await using server = await ListenerUnderTest.open({ limits: { idleMs: 120_000 } })
    await using peer = await server.connect()
    await server.events.until(() => server.events.opened === 1)
    server.clock.elapse(119_000)
    expect(server.events.closed).toBe(0)
    server.clock.elapse(3_000)
    expect(await peer.toEnd()).toBe('')
    expect(server.events.refusedRequests).toEqual([])
  })

  it('[R6] may never come on a connection that the client closes', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.socket.end()
    expect(await peer.toEnd()).toBe('')
  })

  it('[R7] need no header but Host', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send('ACL /a HTTP/1.1\r\nHost: im\r\nContent-Length: 3\r\n\r\n<a>')
    expect((await peer.answer()).status).toBe(200)
    expect(server.requests[0]?.headers.get('content-type')).toBeUndefined()
  })

  it('come with what is known of their connection', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send(get('/'))
    await peer.answer()
    expect(server.requests[0]?.connection).toEqual({
      remoteAddress: '127.0.0.1',
      remotePort: peer.socket.localPort,
      localAddress: '127.0.0.1',
      localPort: server.listener.port,
      encrypted: false,
      state: undefined,
    })
    expect(server.listener.url).toBe(`http://127.0.0.1:${server.listener.port}`)
  })

  it('share the state that a handler leaves on their connection, and no other', async () => {
    await using server = await ListenerUnderTest.open({
      handler: ({ connection }) => {
        connection.state = Number(connection.state ?? 0) + 1
        return { status: 200, headers: [], body: String(connection.state) }
      },
    })
    await using one = await server.connect()
    await using other = await server.connect()
    one.send(get('/') + get('/'))
    expect((await one.answers(2)).map(({ body }) => body)).toEqual(['1', '2'])
    other.send(get('/'))
    expect((await other.answer()).body).toBe('1')
  })
})

describe('answers', () => {
  const answered: [string, HttpResponse][] = [
    ['an empty 200', { status: 200, headers: [] }],
    ['a 302', { status: 302, headers: [['Location', 'http://home/']] }],
    ['a 401', { status: 401, headers: [['WWW-Authenticate', 'NTLM']] }],
    ['a 207 of text', { status: 207, headers: [['Content-Type', 'text/xml']], body: '<\u00fc\u20ac/>' }],
    ['bytes', { status: 200, headers: [], body: new Uint8Array([0, 255, 10]) }],
    ['a large text', { status: 200, headers: [], body: 'a'.repeat(300_000) }],
  ]

  it.each(answered)('[R8] say the exact Content-Length, and nothing is chunked: %s', async (_, response) => {
    await using server = await ListenerUnderTest.open({ handler: () => response })
    await using peer = await server.connect()
    peer.send(get('/') + get('/'))
    const [first, second] = await peer.answers(2)
    const body = Buffer.from(response.body ?? '').toString('latin1')
    expect(first).toMatchObject({ status: response.status, body })
    expect(first?.head).toContain(`\r\nContent-Length: ${body.length}`)
    expect(first?.head).not.toMatch(/transfer-encoding|connection/i)
    expect(second).toEqual(first)
  })

  it('[R8] are never 100, even when the client waits for that', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send('NOTIFY /a HTTP/1.1\r\nHost: im\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
    peer.send('ok')
    expect((await peer.answer()).status).toBe(200)
    expect(peer.received).toBe('')
  })

  it("[R8] say the length of a HEAD's body, but do not send it", async () => {
    await using server = await ListenerUnderTest.open()
    const received = await server.exchange(get('/abc', 'Connection: close').replace('GET', 'HEAD'))
    expect(received).toMatch(/\r\nContent-Length: 4\r\nConnection: close\r\n\r\n$/)
  })

  it('[R10] leave the connection open after a 401, also one without credentials sent for it', async () => {
    let asked = 0
    await using server = await ListenerUnderTest.open({
      handler: () =>
        ++asked < 3 ? { status: 401, headers: [['WWW-Authenticate', 'NTLM']] } : { status: 200, headers: [] },
    })
    await using peer = await server.connect()
    for (const status of [401, 401, 200]) {
      peer.send(get('/'))
      expect((await peer.answer()).status).toBe(status)
    }
  })

  it('[R10] say Connection: close when the connection closes', async () => {
    await using server = await ListenerUnderTest.open({ handler: () => ({ status: 401, headers: [], close: true }) })
    expect(await server.exchange(get('/'))).toContain('\r\nConnection: close\r\n')
  })

  it.each([
    ['GET / HTTP/1.1\r\nHost: im\r\nConnection: close\r\n\r\n', 'close'],
    ['GET / HTTP/1.0\r\n\r\n', 'close'],
  ])('end the connection where the client asks for it: %j', async (text, word) => {
    await using server = await ListenerUnderTest.open()
    expect(await server.exchange(text + get('/ignored'))).toContain(`\r\nConnection: ${word}\r\n\r\n/`)
    expect(server.requests).toHaveLength(1)
  })

  it('tell an HTTP/1.0 client that its connection stays', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2))
    const answers = await peer.answers(2)
    expect(answers.map(({ head }) => /\r\nConnection: (.*)/.exec(head)?.[1])).toEqual(['keep-alive', 'keep-alive'])
  })

  it('go out in the order of their requests, however long each takes', async () => {
    const first = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({
      handler: ({ target }) => (target === '/1' ? first.promise : { status: 200, headers: [], body: target }),
    })
    await using peer = await server.connect()
    peer.send(get('/0') + get('/1') + get('/2'))
    expect((await peer.answer()).body).toBe('/0')
    expect(server.requests.map(({ target }) => target)).toEqual(['/0', '/1'])
    first.resolve({ status: 200, headers: [], body: '/1' })
    expect((await peer.answers(2)).map(({ body }) => body)).toEqual(['/1', '/2'])
  })

  it('of requests that came together go out together', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    let pieces = 0
    peer.socket.on('data', () => pieces++)
    peer.send(get('/').repeat(50))
    await peer.answers(50)
    expect(pieces).toBe(1)
  })

  it('reach a client that has ended its side already', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    await using peer = await server.connect()
    peer.socket.end(get('/'))
    await server.asked(1)
    answer.resolve({ status: 200, headers: [], body: 'late' })
    expect(await peer.toEnd()).toContain('late')
  })

  it('of a client that has gone are dropped', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    await using peer = await server.connect()
    peer.send(get('/'))
    await server.asked(1)
    peer.socket.resetAndDestroy()
    await server.events.until(() => server.events.closed === 1)
    answer.resolve({ status: 200, headers: [] })
    await answer.promise
    expect(server.events.failures).toEqual([])
  })
})

describe('a handler that fails', () => {
  const failing: [string, () => HttpResponse | Promise<HttpResponse>][] = [
    [
      'throws',
      () => {
        throw new Error('secret')
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['answers with a line end in a header', () => ({ status: 200, headers: [['X', 'a\r\nSet: b']], body: 'secret' })],
    ['answers with a second length', () => ({ status: 200, headers: [['content-length', '1']] })],
    ['answers nothing', () => undefined as unknown as HttpResponse],
  ]

  it.each(failing)('is answered for by a bare 500, and the next request is served, when it %s', async (_, fail) => {
    await using server = await ListenerUnderTest.open({
      handler: ({ target }) => (target === '/bad' ? fail() : { status: 200, headers: [] }),
    })
    await using peer = await server.connect()
    peer.send(get('/bad') + get('/good'))
    const [bad, good] = await peer.answers(2)
    expect(bad).toMatchObject({ status: 500, body: '' })
    expect(good?.status).toBe(200)
    expect(server.events.failures).toHaveLength(1)
  })
})

describe('a malformed request', () => {
  it('is answered with the reason, after the good ones before it', async () => {
    await using server = await ListenerUnderTest.open()
    const received = await server.exchange(`${get('/good')}GET / HTTP/1.1\r\nHost : im\r\n\r\n${get('/never')}`)
    expect(received).toMatch(/^HTTP\/1\.1 200 .*\/goodHTTP\/1\.1 400 Bad Request\r\n.*malformed header name\n$/s)
    expect(received).toContain('Content-Type: text/plain')
    expect(server.requests.map(({ target }) => target)).toEqual(['/good'])
  })

  it('harms no other connection', async () => {
    await using server = await ListenerUnderTest.open()
    await using good = await server.connect()
    good.send(get('/1').slice(0, -3))
    expect(await server.exchange('nonsense\r\n\r\n')).toContain(' 400 ')
    good.send(get('/1').slice(-3))
    expect((await good.answer()).body).toBe('/1')
  })

  it('has its answer arrive though more was sent than anybody reads', async () => {
    await using server = await ListenerUnderTest.open({ limits: { bodyBytes: 1000, lingerBytes: 1_000_000 } })
    await using peer = await server.connect()
    peer.send(`NOTIFY / HTTP/1.1\r\nHost: im\r\nContent-Length: 500000\r\n\r\n${'a'.repeat(500_000)}`)
    expect(await peer.toEnd()).toContain('HTTP/1.1 413 ')
  })
})

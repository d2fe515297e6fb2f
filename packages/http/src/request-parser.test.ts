import { describe, expect, it } from 'vitest'
import { defaultListenerLimits } from './listener-limits.ts'
import { RequestParser } from './request-parser.ts'
import { RequestRefusedError } from './request-refused-error.ts'

const limits = { ...defaultListenerLimits, requestLineBytes: 64, headerBytes: 256, headerFields: 5, bodyBytes: 100 }

/** What the parser makes of `input`, given in pieces: the requests, and the status of its refusal. */
function read(...pieces: string[]) {
  const parser = new RequestParser(limits)
  const requests: { method: string; target: string; headers: (readonly [string, string])[]; body: string }[] = []
  try {
    for (const piece of pieces) {
      parser.push(Buffer.from(piece, 'latin1'))
      for (let next = parser.next(); next; next = parser.next()) {
        const { method, target, headers } = next.head
        const body = Buffer.from(next.body).toString('latin1')
        requests.push({ method, target, headers: [...headers.entries()], body })
      }
    }
  } catch (err) {
    if (!(err instanceof RequestRefusedError)) throw err
    return { requests, refused: err.status }
  }
  return { requests, refused: undefined, phase: parser.phase }
}

/** The status with which a request of this head is refused; undefined when it is taken. */
function refusal(...lines: string[]): number | undefined {
  return read(`${lines.join('\r\n')}\r\n\r\n`).refused
}

describe('a request', () => {
  it('is read with its headers and body', () => {
    expect(
      read('NOTIFY /instmsg/aliases/bob HTTP/1.1\r\nHost: im\r\nContent-Length:5\r\nX-Y: \t a b\t \r\n\r\nhello')
        .requests,
    ).toEqual([
      {
        method: 'NOTIFY',
        target: '/instmsg/aliases/bob',
        headers: [
          ['Host', 'im'],
          ['Content-Length', '5'],
          ['X-Y', 'a b'],
        ],
        body: 'hello',
      },
    ])
  })

  it('[R1] may end its lines in LF alone', () => {
    const { requests, refused } = read(
      'ACL /a HTTP/1.1\nHost: im\nContent-Length: 2\n\nokACL /b HTTP/1.1\nHost: im\n\n',
    )
    expect(refused).toBeUndefined()
    expect(requests.map(({ target, body }) => [target, body])).toEqual([
      ['/a', 'ok'],
      ['/b', ''],
    ])
  })

  it.each([
    ['ACL / HTTP/1.1\r\nHost: im\n\r\n'],
    ['ACL / HTTP/1.1\nHost: im\r\n\n'],
    ['ACL / HTTP/1.1\r\nHost: im\r\n\n'],
    ['ACL / HTTP/1.1\nHost: im\n\r\n'],
  ])('is refused when its line ends are mixed: %j', (text) => {
    expect(read(text).refused).toBe(400)
  })

  it('[R2] has no body when it says no length', () => {
    expect(read('SUBSCRIBE / HTTP/1.1\r\nHost: im\r\n\r\n').requests).toMatchObject([{ method: 'SUBSCRIBE', body: '' }])
  })

  it.each(['SUBSCRIBE', 'UNSUBSCRIBE', 'SUBSCRIPTIONS', 'NOTIFY', 'PROPFIND', 'PROPPATCH', 'ACL', 'X-NEW'])(
    '[R4] may be a %s',
    (method) => {
      expect(read(`${method} / HTTP/1.1\r\nHost: im\r\n\r\n`).requests).toMatchObject([{ method }])
    },
  )

  it.each([
    '/',
    '/instmsg/aliases/a?b=c',
    '*',
    'http://im.example.com/instmsg',
    'HTTPS://im:8080',
    'http://[::1]:80/x',
  ])('[R3] may name %s', (target) => {
    expect(read(`ACL ${target} HTTP/1.1\r\nHost: im\r\n\r\n`).requests).toMatchObject([{ target }])
  })

  it.each(['', 'x', '*x', 'im:80', 'http://', 'http:///x', 'ftp://im/', '/a\tb', '/\x7f', '/\xe9', '/a b', '//\r/'])(
    'is refused for the target %j',
    (target) => {
      expect(refusal(`ACL ${target} HTTP/1.1`, 'Host: im')).toBe(400)
    },
  )

  it.each([
    ['ACL / HTTP/1.1 ', 400],
    ['ACL / http/1.1', 400],
    ['ACL / HTTP/1.10', 400],
    ['ACL / HTTP/11', 400],
    ['ACL  / HTTP/1.1', 400],
    [' ACL / HTTP/1.1', 400],
    ['A(L / HTTP/1.1', 400],
    ['ACL /', 400],
    ['ACL', 400],
    ['ACL / HTTP/1.2', 505],
    ['ACL / HTTP/0.9', 505],
    ['PRI * HTTP/2.0', 505],
  ])('is refused for the request line %j with %i', (line, status) => {
    expect(refusal(line, 'Host: im')).toBe(status)
  })

  it('follows a few empty lines, but not many', () => {
    expect(read('\r\n\r\nACL / HTTP/1.1\r\nHost: im\r\n\r\n').requests).toHaveLength(1)
    expect(read('\r\n'.repeat(9)).refused).toBe(400)
  })

  it('needs one Host in HTTP/1.1, and none in HTTP/1.0', () => {
    expect(refusal('ACL / HTTP/1.1')).toBe(400)
    expect(refusal('ACL / HTTP/1.1', 'Host: a', 'host: a')).toBe(400)
    expect(refusal('ACL / HTTP/1.0')).toBeUndefined()
    expect(refusal('ACL / HTTP/1.0', 'Host: a', 'Host: a')).toBe(400)
  })

  it.each(['', 'a b', 'a,b', 'a/b', 'user@a', 'a:b', '[::1', 'a:123456', 'a?', 'a\x80'])(
    'is refused for the Host %j',
    (host) => {
      expect(refusal('ACL / HTTP/1.1', `Host: ${host}`)).toBe(400)
    },
  )

  it.each([
    'X : y',
    ': y',
    'X',
    'X Y: z',
    ' folded',
    '\tfolded',
    'X: a\0b',
    'X: a\rb',
    'X: a\x07',
    'X: \x7f',
    'X\x80: y',
    'X(: y',
  ])('is refused for the header line %j', (line) => {
    expect(refusal('ACL / HTTP/1.1', 'Host: im', line)).toBe(400)
  })

  it('may have bytes above ASCII in a value', () => {
    expect(read('ACL / HTTP/1.1\r\nHost: im\r\nX: J\xfcrgen\r\n\r\n').requests[0]?.headers[1]).toEqual([
      'X',
      'J\xfcrgen',
    ])
  })
})

describe('the life of a connection', () => {
  it.each([
    ['1.1', '', true],
    ['1.1', 'close', false],
    ['1.1', 'TE, Close', false],
    ['1.1', 'TE', true],
    ['1.1', 'Keep-Alive, TE', true],
    ['1.0', '', false],
    ['1.0', 'Keep-Alive', true],
    ['1.0', 'keep-alive, close', false],
  ])('in HTTP/%s with Connection: %j goes on: %s', (version, connection, keepAlive) => {
    const parser = new RequestParser(limits)
    parser.push(
      Buffer.from(`ACL / HTTP/${version}\r\nHost: im\r\n${connection && `Connection: ${connection}\r\n`}\r\n`),
    )
    expect(parser.next()?.head.keepAlive).toBe(keepAlive)
  })
})

describe('a chunked body', () => {
  const head = 'NOTIFY / HTTP/1.1\r\nHost: im\r\nTransfer-Encoding: Chunked\r\n\r\n'

  it('is put together, its extensions and trailers dropped', () => {
    const { requests } = read(
      `${head}3\r\nabc\r\n00A;x=1 ; y="z;"\r\n0123456789\r\n0\r\nX: y\r\n\r\nACL / HTTP/1.0\r\n\r\n`,
    )
    expect(requests.map(({ method, body }) => [method, body])).toEqual([
      ['NOTIFY', 'abc0123456789'],
      ['ACL', ''],
    ])
  })

  it.each([
    '3\nabc\r\n0\r\n\r\n',
    '3\r\nabc\n0\r\n\r\n',
    '3\r\nabcd\r\n0\r\n\r\n',
    '3 \r\nabc\r\n0\r\n\r\n',
    ' 3\r\nabc\r\n0\r\n\r\n',
    '0x3\r\nabc\r\n0\r\n\r\n',
    '+3\r\nabc\r\n0\r\n\r\n',
    '-3\r\nabc\r\n0\r\n\r\n',
    '\r\n',
    'g\r\n',
    '000000003\r\nabc\r\n0\r\n\r\n',
    '3;\r\nabc\r\n0\r\n\r\n',
    '3;x="\\"\r\nabc\r\n0\r\n\r\n',
    '3;a\x00\r\nabc\r\n0\r\n\r\n',
    `3;${'a'.repeat(300)}\r\nabc\r\n0\r\n\r\n`,
    '0\r\nX : y\r\n\r\n',
    '0\r\n folded\r\n\r\n',
    '0\r\nX: y\n\r\n',
    `0\r\n${'X: y\r\n'.repeat(1000)}\r\n`,
  ])('is refused when it is %j', (body) => {
    expect(read(head + body)).toMatchObject({ requests: [], refused: 400 })
  })

  it('is bounded like any body', () => {
    expect(read(`${head}64\r\n${'a'.repeat(100)}\r\n0\r\n\r\n`).requests[0]?.body).toHaveLength(100)
    expect(read(`${head}64\r\n${'a'.repeat(100)}\r\n1\r\n`).refused).toBe(413)
    expect(read(`${head}ffffffff\r\n`).refused).toBe(413)
  })
})

describe('the limits of a request', () => {
  it('refuse a request line that is too long with 414, also before it ends', () => {
    const fits = `ACL /${'a'.repeat(64 - 'ACL / HTTP/1.1'.length)} HTTP/1.1`
    expect(refusal(fits, 'Host: im')).toBeUndefined()
    expect(refusal(fits.replace('a', 'aa'), 'Host: im')).toBe(414)
    expect(read('a'.repeat(66)).refused).toBe(414)
  })

  it('refuse headers that are too large, or too many, with 431', () => {
    expect(refusal('ACL / HTTP/1.1', 'Host: im', `X: ${'a'.repeat(300)}`)).toBe(431)
    expect(read(`ACL / HTTP/1.1\r\nHost: im\r\nX: ${'a'.repeat(300)}`).refused).toBe(431)
    expect(refusal('ACL / HTTP/1.1', 'Host: im', 'A: 1', 'A: 1', 'A: 1', 'A: 1')).toBeUndefined()
    expect(refusal('ACL / HTTP/1.1', 'Host: im', 'A: 1', 'A: 1', 'A: 1', 'A: 1', 'A: 1')).toBe(431)
  })

  it('refuse a body that is too large with 413, before it comes', () => {
    expect(refusal('NOTIFY / HTTP/1.1', 'Host: im', 'Content-Length: 101')).toBe(413)
    expect(refusal('NOTIFY / HTTP/1.1', 'Host: im', 'Content-Length: 999999999999999')).toBe(413)
    expect(refusal('NOTIFY / HTTP/1.1', 'Host: im', 'Content-Length: 9999999999999999')).toBe(400)
  })
})

describe('RequestParser', () => {
  it('tells what it is in the midst of', () => {
    expect(read('').phase).toBe('idle')
    expect(read('\r\n').phase).toBe('idle')
    expect(read('A').phase).toBe('head')
    expect(read('ACL / HTTP/1.1\r\n').phase).toBe('head')
    expect(read('ACL / HTTP/1.1\r\nHost: im\r\nContent-Length: 2\r\n\r\n').phase).toBe('body')
    expect(read('ACL / HTTP/1.1\r\nHost: im\r\nContent-Length: 2\r\n\r\nab').phase).toBe('idle')
  })

  it('does not read ahead of what it is asked for', () => {
    const parser = new RequestParser(limits)
    parser.push(Buffer.from('ACL / HTTP/1.0\r\n\r\nnonsense\r\n'))
    expect(parser.next()?.head.method).toBe('ACL')
    expect(() => parser.next()).toThrow(RequestRefusedError)
  })

  it('takes input while a request that ended with the last input is in work', () => {
    const parser = new RequestParser(limits)
    parser.push(Buffer.from('ACL /first HTTP/1.1\r\nHost: im\r\n\r\n'))
    expect(parser.next()?.head.target).toBe('/first')
    parser.push(Buffer.from('ACL /second HTTP/1.1\r\nHost: im\r\n\r\n'))
    parser.push(Buffer.from('ACL /third HTTP/1.1\r\nHost: im\r\n\r\n'))
    expect([parser.next(), parser.next()].map((request) => request?.head.target)).toEqual(['/second', '/third'])
  })

  it('leaves a body alone that it has handed out', () => {
    const parser = new RequestParser(limits)
    const text = (body: string) => Buffer.from(`NOTIFY / HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    parser.push(text('first').subarray(0, 20))
    parser.push(Buffer.concat([text('first').subarray(20), text('second').subarray(0, 30)]))
    const first = parser.next()
    parser.push(text('second').subarray(30))
    const second = parser.next()
    expect(Buffer.from(first?.body ?? []).toString()).toBe('first')
    expect(Buffer.from(second?.body ?? []).toString()).toBe('second')
  })

  it('keeps no memory of what it has read', () => {
    const parser = new RequestParser(limits)
    parser.push(Buffer.from('ACL / HTTP/1.0\r\n\r\n'))
    parser.next()
    expect(parser.next()).toBeUndefined()
    expect(parser.bufferedBytes).toBe(0)
  })
})

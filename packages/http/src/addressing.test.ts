import { BadRequestError, NotFoundError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'

const addressing = new Addressing([
  { domain: 'im.example.com', aliases: ['home1.example.com'] },
  { domain: 'im.other.example', aliases: [] },
])
const bob = 'http://im.example.com/instmsg/aliases/bob'

function locate(target: string, host = 'im.example.com', fromPrincipal?: string, localPort = 80) {
  return addressing.locate({ target, host, fromPrincipal, localPort })
}

describe('the node that a request is for, RVP §4.1.2', () => {
  it.each([
    ['/instmsg/aliases/bob', 'im.example.com'],
    ['/instmsg/aliases/bob/', 'im.example.com'],
    ['/INSTMSG/aliases/BOB', 'im.example.com'],
    ['/instmsg/aliases/bob', 'IM.Example.COM'],
    ['/instmsg/aliases/bob', 'im.example.com:8080'],
    ['/instmsg/aliases/bob', 'home1.example.com'],
    ['/instmsg/aliases/bob', '10.0.0.1'],
    ['/instmsg/aliases/bob', '[::1]:80'],
    ['/instmsg/aliases/bob', 'not a host'],
    ['http://im.example.com/instmsg/aliases/bob', 'im.example.com'],
    ['http://IM.example.com:8080/instmsg/aliases/Bob', 'elsewhere'],
    ['/instmsg/local/im.example.com/instmsg/aliases/bob', 'home1.example.com'],
    ['http://home1.example.com/instmsg/local/im.example.com/instmsg/aliases/bob', 'home1.example.com'],
    ['/instmsg/local/10.0.0.1/instmsg/aliases/bob', '10.0.0.1'],
  ])('is bob for %s at %s [R3] [R45]', (target, host) => {
    expect(locate(target, host).node).toBe(bob)
  })

  it.each([
    ['/instmsg/aliases/bob', false],
    ['http://im.example.com/instmsg/aliases/bob', false],
    ['/instmsg/local/im.example.com/instmsg/aliases/bob', true],
    ['http://home1.example.com/instmsg/local/im.example.com/instmsg/aliases/bob', true],
  ])('says of %s whether it is physical: %s', (target, isPhysical) => {
    expect(locate(target).isPhysical).toBe(isPhysical)
  })

  it('is in the domain that Host names', () => {
    expect(locate('/instmsg/aliases/bob', 'im.other.example').node).toBe('http://im.other.example/instmsg/aliases/bob')
  })

  it.each([
    'http://im.elsewhere.example/instmsg/aliases/bob',
    '/instmsg/local/im.elsewhere.example/instmsg/aliases/bob',
    'http://im.example.com/instmsg/local/im.elsewhere.example/instmsg/aliases/bob',
    'http://im.example.com.elsewhere.example/instmsg/aliases/bob',
  ])('is none of ours for %s', (target) => {
    expect(() => locate(target)).toThrow(NotFoundError)
  })

  it.each([
    '/',
    '/instmsg/aliases/../bob',
    '/instmsg/aliases/%2e%2e/bob',
    '/instmsg/aliases//bob',
    '/instmsg/aliases/bob?x=1',
    '/instmsg/aliases/bob#x',
    '/instmsg/aliases/b ob',
    '/instmsg/aliases/bøb',
    '/instmsg/local/',
    '/instmsg/local/%/x',
    'http://alice@im.example.com/instmsg/aliases/bob',
    'http://im.example.com:0/instmsg/aliases/bob',
    'http://im.example.com:65536/instmsg/aliases/bob',
    'http://im.éxample.com/instmsg/aliases/bob',
    'ftp://im.example.com/instmsg/aliases/bob',
    '*',
  ])('is malformed: %s', (target) => {
    expect(() => locate(target)).toThrow(BadRequestError)
  })
})

describe('the URL as the client spells it', () => {
  it.each([
    ['/instmsg/aliases/Bob', 'im.example.com', undefined, 80, 'http://im.example.com/instmsg/aliases/Bob'],
    ['/instmsg/aliases/bob/', 'im.example.com', undefined, 80, bob],
    ['/instmsg/aliases/bob', '10.0.0.1', undefined, 8080, 'http://10.0.0.1:8080/instmsg/aliases/bob'],
    [
      '/instmsg/aliases/bob',
      '10.0.0.1',
      'http://10.0.0.1:9/instmsg/aliases/a',
      8080,
      'http://10.0.0.1:9/instmsg/aliases/bob',
    ],
    [
      '/instmsg/aliases/bob',
      'im.example.com',
      'http://im.example.com:8080/instmsg/aliases/a',
      80,
      'http://im.example.com:8080/instmsg/aliases/bob',
    ],
    ['/instmsg/local/im.example.com/instmsg/aliases/bob', 'home1.example.com', undefined, 80, bob],
    [
      '/instmsg/local/im.example.com/instmsg/aliases/bob',
      'home1.example.com',
      'http://im.example.com:81/instmsg/aliases/a',
      80,
      'http://im.example.com:81/instmsg/aliases/bob',
    ],
    ['/instmsg/aliases/bob', 'im.example.com', 'http://im.elsewhere.example/instmsg/aliases/a', 80, bob],
  ])('is for %s at %s from %s on port %i: %s [R5] [R17]', (target, host, principal, port, href) => {
    expect(locate(target, host, principal, port).href).toBe(href)
  })
})

describe('a URL in a request', () => {
  const { resolve } = locate('/instmsg/aliases/bob', '10.0.0.1')

  it.each([
    bob,
    'HTTP://IM.EXAMPLE.COM/instmsg/aliases/BOB',
    ' http://im.example.com:8080/instmsg/aliases/bob/ ',
    'http://home1.example.com/instmsg/aliases/bob',
    'http://home1.example.com/instmsg/local/im.example.com/instmsg/aliases/bob',
    'http://10.0.0.1/instmsg/aliases/bob',
  ])('names bob: %s', (url) => {
    expect(resolve(url)).toBe(bob)
  })

  it.each([
    'http://10.0.0.2/instmsg/aliases/bob',
    'http://im.elsewhere.example/instmsg/aliases/bob',
    'http://home1.example.com/instmsg/local/im.elsewhere.example/instmsg/aliases/bob',
    'http://im.example.com',
    'http://10.0.0.1:4711/',
  ])('names nobody of ours: %s', (url) => {
    expect(resolve(url)).toBeUndefined()
  })

  it('that is percent-encoded names nobody else than it says', () => {
    expect(resolve('http://im.example.com/instmsg/aliases/%62ob')).not.toBe(bob)
  })

  it.each(['bob', 'im.example.com', 'http://x@im.example.com/instmsg/aliases/bob', 'http://im.example.com/a?b', ''])(
    'is malformed: "%s"',
    (url) => {
      expect(() => resolve(url)).toThrow(BadRequestError)
    },
  )
})

describe('other IM domains', () => {
  const addressing = new Addressing([{ domain: 'im.example.com', aliases: ['im'] }], (host) => host === 'b.example')
  const locate = (target: string, host: string, fromPrincipal?: string) =>
    addressing.locate({ target, host, fromPrincipal, localPort: 80 })
  const bob = 'http://b.example/instmsg/aliases/bob'

  it('are named by the Host header or by an absolute target', () => {
    for (const address of [
      locate('/instmsg/aliases/Bob', 'b.example'),
      locate('http://B.example:80/instmsg/aliases/bob', 'im'),
    ]) {
      expect(address).toMatchObject({ node: bob, isPhysical: false, callerDomain: 'im.example.com' })
    }
    expect(locate('/instmsg/aliases/Bob', 'b.example').href).toBe('http://b.example/instmsg/aliases/Bob')
  })

  it('are not those that nobody knows', () => {
    expect(() => locate('http://c.example/instmsg/aliases/carol', 'im')).toThrow('no such IM domain')
    expect(() => locate('http://b.example:8080/instmsg/aliases/bob', 'im')).toThrow('no such IM domain')
  })

  it('have no physical URLs here', () => {
    expect(() => locate('/instmsg/local/b.example/instmsg/aliases/bob', 'b.example')).toThrow('no such IM domain')
  })

  it('make no other name ours', () => {
    const { resolve } = locate('/instmsg/aliases/bob', 'b.example')
    expect(resolve(bob)).toBe(bob)
    expect(resolve('http://im/instmsg/aliases/alice')).toBe('http://im.example.com/instmsg/aliases/alice')
    expect(resolve('http://c.example/instmsg/aliases/alice')).toBeUndefined()
  })

  it('are known in requests for our own nodes', () => {
    const { resolve, callerDomain } = locate('/instmsg/aliases/alice', 'im')
    expect(resolve('http://B.example/instmsg/aliases/Bob')).toBe(bob)
    expect(callerDomain).toBe('im.example.com')
  })
})

import { parseNotification, textPayload, userUrl, writeMessage, writePropNotification } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'
import { federatedRequest } from './federation-request.ts'
import type { RvpRequest } from './rvp-exchange.ts'

const alice = userUrl('a.example', 'alice')
const bob = userUrl('b.example', 'bob')
const mime = textPayload({ sessionId: '{1}', text: 'hello' })

/** A request of alice's for bob, whose client knows our domain by an address. */
function requestOf(
  method: string,
  headers: Readonly<Record<string, string>> = {},
  given: Partial<RvpRequest> = {},
): RvpRequest {
  const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const addressing = new Addressing(
    [{ domain: 'a.example', aliases: ['10.1.2.3'] }],
    (domain) => domain === 'b.example',
  )
  const body = given.body ?? ''
  return {
    method,
    node: bob,
    href: bob,
    authority: 'b.example',
    identity: { principal: alice, scheme: 'ntlm', displayName: 'Alice A.' },
    callerHref: 'http://10.1.2.3/instmsg/aliases/Alice',
    header: (name) => fields.get(name.toLowerCase()),
    body,
    bytes: Buffer.from(body),
    clientAddress: '10.9.9.9',
    resolve: addressing.resolver(undefined),
    requestId: 'edge-1',
    requestHost: 'b.example',
    ...given,
  }
}

/** Headers by their names in lower case. */
function headersOf(request: RvpRequest): Readonly<Record<string, string>> {
  const { headers } = federatedRequest(request)
  const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1]]] : []))
  return Object.fromEntries(pairs)
}

const watch = { 'Notification-Type': 'update/propchange', 'Subscription-Lifetime': '600' }

describe('a request for another IM domain', () => {
  it('carries what RVP needs, and nothing else of what the client sent', () => {
    const headers = {
      Depth: '0',
      'RVP-Hop-Count': '3',
      'X-Forwarded-For': '10.9.9.9',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      Authorization: 'NTLM x',
      Cookie: 'a=b',
    }
    expect(headersOf(requestOf('PROPFIND', headers, { body: '<propfind/>' }))).toEqual({
      'content-type': 'text/xml',
      depth: '0',
      host: 'b.example',
      'rvp-from-principal': alice,
      'rvp-hop-count': '4',
      'rvp-notifications-version': '0.2',
      'x-request-id': 'edge-1',
    })
  })

  it('keeps the path as the client spells it, when it names the node', () => {
    const pathOf = (href: string) => federatedRequest(requestOf('PROPFIND', {}, { href })).path
    expect(pathOf('http://B.example/instmsg/aliases/Bob')).toBe('/instmsg/aliases/Bob')
    expect(pathOf('http://b.example/instmsg/aliases/carol')).toBe('/instmsg/aliases/bob')
  })

  it.each(['http://10.9.9.9:1234/', 'http://10.1.2.3/instmsg/aliases/alice', 'nonsense'])(
    'is called back at the logical URL of its sender rather than at %s (promise 6)',
    (callBack) => {
      expect(headersOf(requestOf('SUBSCRIBE', { ...watch, 'Call-Back': callBack }))['call-back']).toBe(alice)
    },
  )

  it('is called back there also when the client names nothing', () => {
    expect(headersOf(requestOf('SUBSCRIBE', watch))['call-back']).toBe(alice)
  })

  it('renews without a Call-Back', () => {
    const headers = headersOf(requestOf('SUBSCRIBE', { 'Subscription-Id': '7', 'Subscription-Lifetime': '600' }))
    expect(headers).toMatchObject({ 'subscription-id': '7', 'subscription-lifetime': '600' })
    expect(headers).not.toHaveProperty('call-back')
  })

  it('never signs a device in at a user’s node', () => {
    const login = { ...watch, 'Notification-Type': 'pragma/notify', 'Call-Back': 'http://10.9.9.9:1/' }
    expect(() => federatedRequest(requestOf('SUBSCRIBE', login))).toThrow('nobody signs in')
  })

  it.each([
    ['RVP-Hop-Count', 'many'],
    ['Subscription-Id', '7\r\nX: y'],
    ['Notification-Type', 'other'],
  ])('is refused when its %s is malformed', (name, value) => {
    expect(() => federatedRequest(requestOf('SUBSCRIBE', { ...watch, [name]: value }))).toThrow(name)
  })
})

describe('the body of a NOTIFY for another IM domain', () => {
  const bodyOf = (body: string, given: Partial<RvpRequest> = {}) =>
    Buffer.from(federatedRequest(requestOf('NOTIFY', {}, { body, ...given })).body).toString()

  it('names everybody by logical URLs, and the sender as the directory does', () => {
    const from = { href: 'http://10.1.2.3/instmsg/aliases/Alice', description: 'The Boss' }
    const body = bodyOf(writeMessage({ from, to: [{ href: bob, description: 'Bob' }], mime }))
    expect(body).not.toContain('10.1.2.3')
    expect(parseNotification(body)).toEqual([
      {
        kind: 'message',
        from: { href: alice, description: 'Alice A.' },
        to: [{ href: bob, description: 'Bob' }],
        mime,
      },
    ])
  })

  it('keeps the spelling of a watcher of the other domain', () => {
    const [fromHref, toHref] = ['http://a.example/instmsg/aliases/Alice', 'http://b.example/instmsg/aliases/Bob']
    const body = bodyOf(writePropNotification({ fromHref, toHref, state: 'busy' }))
    expect(parseNotification(body)).toMatchObject([
      { from: { href: fromHref }, to: [{ href: toHref }], properties: [{ state: 'busy' }] },
    ])
  })

  it('comes from nobody but the caller', () => {
    const from = { href: userUrl('a.example', 'carol'), description: '' }
    expect(() => bodyOf(writeMessage({ from, to: [], mime }))).toThrow('not the authenticated sender')
  })

  it('holds one notification', () => {
    const one = writeMessage({ from: { href: alice, description: '' }, to: [], mime })
    const [item] = /<r:message>.*<\/r:message>/s.exec(one) ?? []
    expect(() => bodyOf(one.replace(item ?? '', `${item}${item}`))).toThrow('one notification at a time')
  })
})

describe('an access list for another IM domain', () => {
  it('names our users by logical URLs', () => {
    const list = `<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/"><a:acl><a:ace><a:principal><a:rvp-principal>http://10.1.2.3/instmsg/aliases/Alice</a:rvp-principal><a:credentials><a:any/></a:credentials></a:principal><a:grant><a:read/></a:grant></a:ace></a:acl></a:rvpacl>`
    const body = Buffer.from(federatedRequest(requestOf('ACL', {}, { body: list })).body).toString()
    expect(body).toContain(alice)
    expect(body).not.toContain('10.1.2.3')
  })
})

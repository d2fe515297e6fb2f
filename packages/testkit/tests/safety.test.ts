import type { ServeConfigInput } from '@parley/server'
import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, RawDevice, type TestInstallation } from '../src/index.ts'

const path = (name: string): string => `/instmsg/aliases/${name}`
const roots = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"'
const create: Partial<ServeConfigInput> = { create: [{ under: '/groups/', kind: 'group', by: 'everybody' }] }

function acl(principal: string, { grant = '', deny = '' }: { grant?: string; deny?: string }): string {
  return (
    '<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/"><a:acl><a:ace><a:principal>' +
    `<a:rvp-principal>${principal}</a:rvp-principal><a:credentials><a:any/></a:credentials></a:principal>` +
    `<a:grant>${grant}</a:grant><a:deny>${deny}</a:deny></a:ace></a:acl></a:rvpacl>`
  )
}

function set(property: string): string {
  return `<d:propertyupdate ${roots}><d:set><d:prop>${property}</d:prop></d:set></d:propertyupdate>`
}

function subscribe(
  domain: TestInstallation,
  as: string,
  to: string,
  type: 'pragma/notify' | 'update/propchange',
  callBack?: string,
) {
  const headers: [string, string][] = [
    ['Notification-Type', type],
    ['Subscription-Lifetime', '14400'],
  ]
  if (callBack !== undefined) headers.push(['Call-Back', callBack])
  return domain.request({ as, method: 'SUBSCRIBE', path: to, headers })
}

describe.each(deployments)('Call-Back, RVP §5.1.4, promise 5: $deployment', ({ start }) => {
  it('names nobody else’s node, who would hear what it never asked for', async () => {
    await using domain = await start({ config: create })
    await domain.request({
      as: 'alice',
      method: 'PROPPATCH',
      path: '/groups/spam',
      body: set('<x:y xmlns:x="u">1</x:y>'),
    })
    const bob = domain.node('bob')
    expect((await subscribe(domain, 'alice', '/groups/spam', 'update/propchange', bob)).status).toBe(403)
    expect((await subscribe(domain, 'alice', path('alice'), 'update/propchange', bob)).status).toBe(403)
  })

  it('signs no device in to somebody else’s node, whatever the access list grants', async () => {
    await using domain = await start()
    const body = acl(domain.node('carol'), { grant: '<a:receive-from/>' })
    await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })
    expect((await subscribe(domain, 'carol', path('bob'), 'pragma/notify', 'http://127.0.0.1:9')).status).toBe(403)
  })
})

describe.each(deployments)('An account that was disabled: $deployment', ({ start }) => {
  it('hears nothing more at a Call-Back of its own', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'carol')
    await domain.request({
      as: 'carol',
      method: 'UNSUBSCRIBE',
      path: path('carol'),
      headers: [['Subscription-Id', device.subscriptionId]],
    })
    await subscribe(domain, 'carol', path('bob'), 'update/propchange', device.url)
    const bob = await domain.logOn('bob')
    expect((await device.next()).body).toContain('<r:online/>')
    const alice = await domain.logOn('alice')
    await alice.watch(domain.node('bob'))
    domain.users.disable(domain.node('carol'))
    const busy = nextEvent(alice, 'presence', ({ state }) => state === 'busy')
    await bob.setState('busy')
    await busy
    expect(device.waiting).toBe(0)
  })

  it('while nobody served is not shown as online', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    await domain.logOn('bob')
    await alice.watch(domain.node('bob'))
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'offline')
    domain.users.remove(domain.node('bob'))
    await domain.restart()
    await gone
  })
})

describe.each(deployments)('Groups and resources, RVP §4.1.2: $deployment', ({ start }) => {
  it('belong to whoever made them first, even when two do at once', async () => {
    await using domain = await start({ config: create })
    const body = set('<x:y xmlns:x="urn:x">1</x:y>')
    const answers = await Promise.all(
      ['alice', 'bob'].map((as) => domain.request({ as, method: 'PROPPATCH', path: '/groups/new', body })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([207, 403])
  })
})

describe.each(deployments)('PROPPATCH of what others see, RVP §9.1.16: $deployment', ({ start }) => {
  it.each([
    ['<r:mobile-state>1</r:mobile-state>', 200],
    ['<r:mobile-state>yes</r:mobile-state>', 403],
    ['<r:mobile-description>+49 1</r:mobile-description>', 200],
    ['<r:mobile-description><r:state/></r:mobile-description>', 403],
  ])('answers to %s with %i', async (property, status) => {
    await using domain = await start()
    const answer = await domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body: set(property) })
    expect(answer.body).toContain(`HTTP/1.1 ${status} `)
  })

  it('bounds all properties of a node together', async () => {
    await using domain = await start()
    const put = (name: string) =>
      domain.request({
        as: 'bob',
        method: 'PROPPATCH',
        path: path('bob'),
        body: set(`<x:${name} xmlns:x="urn:x">${'x'.repeat(200_000)}</x:${name}>`),
      })
    expect([(await put('a')).status, (await put('b')).status, (await put('c')).status]).toEqual([207, 207, 403])
    expect((await put('b')).status).toBe(207)
  })
})

describe.each(deployments)('PROPFIND, RVP §5.4, promise 5: $deployment', ({ start }) => {
  it('does not tell who may not read whether there is something to read', async () => {
    await using domain = await start()
    const body = acl(domain.node('carol'), { deny: '<a:read/><a:list/>' })
    await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })
    await domain.request({
      as: 'bob',
      method: 'PROPPATCH',
      path: path('bob'),
      body: set('<x:here xmlns:x="u">1</x:here>'),
    })
    const answer = await domain.request({
      as: 'carol',
      method: 'PROPFIND',
      path: path('bob'),
      headers: [['Depth', '0']],
      body: `<d:propfind ${roots}><d:prop><x:here xmlns:x="u"/><x:missing xmlns:x="u"/></d:prop></d:propfind>`,
    })
    expect(answer.body).toContain('HTTP/1.1 403 ')
    expect(answer.body).not.toContain('HTTP/1.1 404 ')
  })
})

describe.each(deployments)('NOTIFY that would harm a client, RVP §5.6: $deployment', ({ start }) => {
  it.each([
    ['looks like a message in another namespace', '<message xmlns="urn:x"/>'],
    [
      'sets no property',
      '<r:propnotification><d:propertyupdate><d:set><d:prop/></d:set></d:propertyupdate></r:propnotification>',
    ],
  ])('is refused when it %s', async (_, item) => {
    await using domain = await start()
    await domain.logOn('bob')
    const body = `<r:notification ${roots}>${item}</r:notification>`
    expect((await domain.request({ as: 'alice', method: 'NOTIFY', path: path('bob'), body })).status).toBe(400)
  })
})

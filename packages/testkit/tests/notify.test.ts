import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, RawDevice, type TestInstallation } from '../src/index.ts'

const path = (name: string): string => `/instmsg/aliases/${name}`
const d = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"'

function message(domain: TestInstallation, from: string, mime: string): string {
  return (
    `<?xml version="1.0"?>\n<r:notification ${d}>\n  <r:message>\n <r:notification-from><r:contact><d:href>${domain.node(from)}</d:href></r:contact></r:notification-from>` +
    `<r:notification-to><r:contact><d:href>${domain.node('bob')}</d:href><r:description/></r:contact></r:notification-to>` +
    `<r:msgbody><r:mime-data><![CDATA[${mime}]]></r:mime-data></r:msgbody></r:message></r:notification>\n`
  )
}

const text =
  'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nSession-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n\r\nlunch?'

function send(domain: TestInstallation, body: string, headers: readonly (readonly [string, string])[] = []) {
  return domain.request({
    as: 'alice',
    method: 'NOTIFY',
    path: path('bob'),
    headers: [['Content-Type', 'text/xml'], ...headers],
    body,
  })
}

describe.each(deployments)('NOTIFY to a call-back, RVP §5.6: $deployment', ({ start }) => {
  it('is one request with the headers that clients read, re-serialised for them [R28] [R30] [R33] [R11]', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const answer = send(domain, message(domain, 'alice', text))
    const notify = await device.next()
    expect((await answer).status).toBe(200)
    expect(notify.head).toMatch(/^NOTIFY \/ HTTP\/1\.1\r\n/)
    expect(notify.head).toMatch(/\r\nContent-Type: text\/xml\r\n/)
    expect(notify.head).toMatch(/\r\nContent-Length: [0-9]+\r\n/)
    expect(notify.head).toMatch(/\r\nRVP-Notifications-Version: 0\.2\r\n/)
    expect(notify.body).not.toMatch(/>\s+</)
    expect(notify.body).toContain(`<d:href>${domain.node('alice')}</d:href><r:description>Alice</r:description>`)
    expect(notify.body).toContain(`<![CDATA[${text}]]>`)
  })

  it('adds the Session-Id and type that clients crash without [R31], and leaves other types alone [R32]', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const bare = send(domain, message(domain, 'alice', 'Subject: x\n\nhello'))
    const repaired = (await device.next()).body
    expect(repaired).toMatch(/Session-Id: \{[0-9A-F-]{36}\}\r\n/)
    expect(repaired).toMatch(/Content-Type: text\/plain; charset=UTF-8\r\n/)
    await bare
    const invite = text
      .replace('text/plain', 'text/x-msmsgsinvite')
      .replace('lunch?', 'Application-Name: Chess\r\nInvitation-Command: INVITE\r\n\r\n')
    const sent = send(domain, message(domain, 'alice', invite))
    expect((await device.next()).body).toContain(`<![CDATA[${invite}]]>`)
    await sent
  })

  it('carries one message or change each, however many came in one [R29]', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const one = message(domain, 'alice', text)
      .replace(/^[\s\S]*?<r:message>/, '<r:message>')
      .replace(/<\/r:notification>\s*$/, '')
    const sent = send(domain, `<r:notification ${d}>${one}${one.replace('lunch?', 'dinner?')}</r:notification>`)
    const bodies = [(await device.next()).body, (await device.next()).body]
    expect((await sent).status).toBe(200)
    expect(bodies.map((body) => body.match(/<r:message>/g)?.length)).toEqual([1, 1])
    expect(bodies[0]).toContain('lunch?')
    expect(bodies[1]).toContain('dinner?')
  })

  it('goes out after the request that caused it is answered, so that a single-threaded client can serve it [R27]', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const own = [
      ['Notification-Type', 'update/propchange'],
      ['Subscription-Lifetime', '14000'],
      ['Call-Back', domain.node('bob')],
    ] as const
    await domain.request({ as: 'bob', method: 'SUBSCRIBE', path: path('bob'), headers: own })
    device.holdAnswers()
    const state = `<d:propertyupdate ${d}><d:set><d:prop><r:state><r:busy/></r:state></d:prop></d:set></d:propertyupdate>`
    expect((await domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body: state })).status).toBe(207)
    expect((await device.next()).body).toContain('<r:state><r:busy/></r:state>')
    device.releaseAnswers()
  })

  it('carries the largest request that is allowed, and no larger one', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const long = (bytes: number): string => {
      const empty = message(domain, 'alice', text)
      return message(domain, 'alice', text + 'x'.repeat(bytes - Buffer.byteLength(empty)))
    }
    const sent = send(domain, long(400_000))
    expect((await device.next()).body.length).toBeGreaterThan(399_000)
    expect((await sent).status).toBe(200)
    expect((await send(domain, long(400_001))).status).toBe(413)
  })

  it('delivers a change once to a watcher with duplicate subscriptions [R26]', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const watch = [
      ['Notification-Type', 'update/propchange'],
      ['Subscription-Lifetime', '14000'],
      ['Call-Back', domain.node('bob')],
    ] as const
    for (let times = 0; times < 3; times += 1) {
      await domain.request({ as: 'bob', method: 'SUBSCRIBE', path: path('alice'), headers: watch })
    }
    const alice = await domain.logOn('alice')
    expect((await device.next()).body).toContain('<r:online/>')
    await alice.setState('busy')
    expect((await device.next()).body).toContain('<r:busy/>')
    expect(device.waiting).toBe(0)
  })
})

describe.each(deployments)('RVP-Ack-Type, RVP §5.6: $deployment', ({ start }) => {
  it('DeepOr is satisfied by one of several devices [R27]', async () => {
    await using domain = await start()
    await using deaf = await RawDevice.logOn(domain, 'bob')
    const bob = await domain.logOn('bob')
    deaf.holdAnswers()
    const heard = nextEvent(bob, 'message')
    const answer = await send(domain, message(domain, 'alice', text), [['RVP-Ack-Type', 'DeepOr']])
    expect(answer.status).toBe(200)
    expect((await heard).text).toBe('lunch?')
  })

  it('DeepAnd is not, and ends in 412 when one device does not answer in time', async () => {
    await using domain = await start()
    await using deaf = await RawDevice.logOn(domain, 'bob')
    const bob = await domain.logOn('bob')
    deaf.holdAnswers()
    const heard = nextEvent(bob, 'message')
    const answer = send(domain, message(domain, 'alice', text), [['RVP-Ack-Type', 'DeepAnd']])
    await heard
    await deaf.next()
    await domain.elapse({ seconds: 11 })
    expect((await answer).status).toBe(412)
  })

  it('SingleHop is answered without waiting for a device', async () => {
    await using domain = await start()
    await using deaf = await RawDevice.logOn(domain, 'bob')
    deaf.holdAnswers()
    expect((await send(domain, message(domain, 'alice', text), [['RVP-Ack-Type', 'SingleHop']])).status).toBe(200)
    expect((await deaf.next()).body).toContain('lunch?')
  })

  it('is refused when it is none of the three', async () => {
    await using domain = await start()
    expect((await send(domain, message(domain, 'alice', text), [['RVP-Ack-Type', 'Deepest']])).status).toBe(400)
  })
})

describe.each(deployments)('RVP-Hop-Count, RVP §7.2: $deployment', ({ start }) => {
  it('grows on the way to the device', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'bob')
    const sent = send(domain, message(domain, 'alice', text), [['RVP-Hop-Count', '1']])
    expect((await device.next()).head).toMatch(/\r\nRVP-Hop-Count: 2\r\n/)
    await sent
  })

  it('has a ceiling: 508', async () => {
    await using domain = await start()
    await domain.logOn('bob')
    expect((await send(domain, message(domain, 'alice', text), [['RVP-Hop-Count', '10']])).status).toBe(508)
  })
})

describe.each(deployments)('A device that is gone [R26]: $deployment', ({ start }) => {
  it('is dropped when its call-back refuses connections: the sender hears 412, watchers see it go after a grace', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    await alice.watch(domain.node('bob'))
    const device = await RawDevice.logOn(domain, 'bob')
    const online = nextEvent(alice, 'presence', ({ state }) => state === 'online')
    const state = `<d:propertyupdate ${d}><d:set><d:prop><r:state><r:online/></r:state></d:prop></d:set></d:propertyupdate>`
    await domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body: state })
    await online
    await device[Symbol.asyncDispose]()
    expect(await alice.send(domain.node('bob'), 'there?')).toBe('not-available')
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'offline')
    await domain.elapse({ seconds: 1 })
    await domain.log.logged('device.gone')
    await domain.elapse({ seconds: 15 })
    await gone
  })

  it('treats "offline" and the end of the login as a sign-off in either order', async () => {
    for (const order of [
      ['PROPPATCH', 'UNSUBSCRIBE'],
      ['UNSUBSCRIBE', 'PROPPATCH'],
    ]) {
      await using domain = await start()
      await using device = await RawDevice.logOn(domain, 'bob')
      const body = `<d:propertyupdate ${d}><d:set><d:prop><r:state><r:offline/></r:state></d:prop></d:set></d:propertyupdate>`
      for (const method of order) {
        const answer =
          method === 'PROPPATCH'
            ? await domain.request({ as: 'bob', method, path: path('bob'), body })
            : await domain.request({
                as: 'bob',
                method,
                path: path('bob'),
                headers: [['Subscription-Id', device.subscriptionId]],
              })
        expect([200, 207]).toContain(answer.status)
        expect((await send(domain, message(domain, 'alice', text))).status).toBe(412)
      }
    }
  })
})

describe.each(deployments)('Application notifications, RVP §5.6.1: $deployment', ({ start }) => {
  it('reach the subscribers of a resource that a permitted user made', async () => {
    await using domain = await start({
      config: { create: [{ under: '/shipments/', kind: 'resource', by: ['alice'] }] },
    })
    const node = '/shipments/12345/delivery_status'
    const property = `<d:propertyupdate ${d}><d:set><d:prop><s:mTrackNo xmlns:s="urn:shop">12345</s:mTrackNo></d:prop></d:set></d:propertyupdate>`
    expect((await domain.request({ as: 'bob', method: 'PROPPATCH', path: node, body: property })).status).toBe(404)
    expect((await domain.request({ as: 'alice', method: 'PROPPATCH', path: node, body: property })).status).toBe(207)
    await domain.request({
      as: 'alice',
      method: 'ACL',
      path: node,
      body:
        '<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/"><a:acl><a:ace><a:principal><a:allprincipals/><a:credentials><a:any/></a:credentials></a:principal>' +
        '<a:grant><a:read/><a:list/><a:receive-from/><a:presence/></a:grant><a:deny><a:send-to/></a:deny></a:ace></a:acl></a:rvpacl>',
    })
    const bob = await domain.logOn('bob')
    const subscribe = [
      ['Notification-Type', 'pragma/notify'],
      ['Subscription-Lifetime', '14000'],
      ['Call-Back', domain.node('bob')],
    ] as const
    expect((await domain.request({ as: 'bob', method: 'SUBSCRIBE', path: node, headers: subscribe })).status).toBe(200)
    const heard = nextEvent(bob, 'application')
    const body = `<Z:notification xmlns:D="DAV:" xmlns:Z="http://schemas.microsoft.com/rvp/"><mEvent><eventType>DELIVER</eventType><eventComment>Signed for by J Cohen</eventComment></mEvent></Z:notification>`
    const published = await domain.request({
      as: 'alice',
      method: 'NOTIFY',
      path: node,
      headers: [['Content-Type', 'text/xml']],
      body,
    })
    expect(published.status).toBe(200)
    expect((await heard).xml).toContain('<eventType>DELIVER</eventType>')
    expect(
      (
        await domain.request({
          as: 'carol',
          method: 'NOTIFY',
          path: node,
          headers: [['Content-Type', 'text/xml']],
          body,
        })
      ).status,
    ).toBe(403)
  })

  it('a message to a group reaches its subscribers, and a change of a resource its watchers', async () => {
    await using domain = await start({ config: { create: [{ under: '/groups/', by: 'everybody' }] } })
    const group = '/groups/rec-cycling'
    const property = `<d:propertyupdate ${d}><d:set><d:prop><d:displayname>Cycling</d:displayname></d:prop></d:set></d:propertyupdate>`
    expect((await domain.request({ as: 'carol', method: 'PROPPATCH', path: group, body: property })).status).toBe(207)
    const bob = await domain.logOn('bob')
    const carol = await domain.logOn('carol')
    for (const as of ['bob', 'carol']) {
      for (const type of ['pragma/notify', 'update/propchange']) {
        const headers = [
          ['Notification-Type', type],
          ['Subscription-Lifetime', '14000'],
          ['Call-Back', domain.node(as)],
        ] as const
        expect((await domain.request({ as, method: 'SUBSCRIBE', path: group, headers })).status).toBeLessThan(300)
      }
    }
    const heard = [nextEvent(bob, 'message'), nextEvent(carol, 'message')]
    const sent = await domain.request({
      as: 'alice',
      method: 'NOTIFY',
      path: group,
      headers: [
        ['Content-Type', 'text/xml'],
        ['RVP-Ack-Type', 'DeepAnd'],
      ],
      body: message(domain, 'alice', text),
    })
    expect(sent.status).toBe(200)
    expect((await Promise.all(heard)).map(({ text: said }) => said)).toEqual(['lunch?', 'lunch?'])
  })
})

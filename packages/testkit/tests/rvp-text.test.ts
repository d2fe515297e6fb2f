import { connect as connectSocket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { deployments, RawDevice, type TestInstallation } from '../src/index.ts'

/** The examples and definitions of the RVP text, as it prints them: prefixes, white space and all. */

const roots = 'xmlns:D="DAV:" xmlns:Z="http://schemas.microsoft.com/rvp/"'
const path = (name: string): string => `/instmsg/aliases/${name}`
const nodes = { create: ['/stock/', '/lists/'].map((under) => ({ under, kind: 'resource' as const, by: ['alice'] })) }

type Headers = readonly (readonly [string, string])[]

const login: Headers = [
  ['Notification-Type', 'pragma/notify'],
  ['Subscription-Lifetime', '14400'],
]
const watch: Headers = [
  ['Notification-Type', 'update/propchange'],
  ['Subscription-Lifetime', '14400'],
]

/** What comes back for raw lines, until the server closes. */
async function raw(domain: TestInstallation, lines: readonly string[]): Promise<string> {
  const socket = connectSocket(domain.port, '127.0.0.1')
  socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  return answer
}

/** Lets alice make a node, and give everybody some rights to it. */
async function makeNode(domain: TestInstallation, node: string, rights: string): Promise<void> {
  const body = `<D:propertyupdate ${roots}><D:set><D:prop><D:displayname>n</D:displayname></D:prop></D:set></D:propertyupdate>`
  await domain.request({ as: 'alice', method: 'PROPPATCH', path: node, body })
  await domain.request({ as: 'alice', method: 'ACL', path: node, body: acl('<a:allprincipals/>', rights) })
}

function acl(principal: string, rights: string): string {
  return `<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/">
    <a:acl><a:inheritance>none</a:inheritance><a:ace>
      <a:principal>${principal}<a:credentials><a:any/></a:credentials></a:principal>
      <a:grant>${rights}</a:grant><a:deny/>
    </a:ace></a:acl></a:rvpacl>`
}

function stateUpdate(state: string): string {
  return `<?xml version="1.0"?>
    <D:propertyupdate ${roots}>
      <D:set><D:prop><Z:state><Z:leased-value>
        <Z:value> <Z:${state}/> </Z:value>
        <Z:default-value> <Z:offline/> </Z:default-value>
        <Z:timeout>3600</Z:timeout>
      </Z:leased-value></Z:state></D:prop></D:set>
    </D:propertyupdate>`
}

function message(mime: string, domain: TestInstallation): string {
  const contact = (name: string) =>
    `<Z:contact><D:href>\n  ${domain.node(name)}\n</D:href><Z:description> ${name} </Z:description></Z:contact>`
  return `<?xml version="1.0"?>
    <Z:notification ${roots}>
      <Z:message>
        <Z:notification-from> ${contact('alice')} </Z:notification-from>
        <Z:notification-to> ${contact('bob')} </Z:notification-to>
        <Z:msgbody><Z:mime-data><![CDATA[${mime}]]></Z:mime-data></Z:msgbody>
      </Z:message>
    </Z:notification>`
}

describe.each(deployments)('what a server speaks, RVP §3: $deployment', ({ start }) => {
  it('is HTTP/1.1: RVP and ordinary HTTP share a port, and what is neither is not supported (RVP §4)', async () => {
    await using domain = await start()
    expect(await raw(domain, ['GET / HTTP/1.1', 'Host: im.example.com'])).toMatch(/^HTTP\/1\.1 501 /)
    expect(await raw(domain, ['GET /instmsg/streams/none HTTP/1.1', 'Host: im.example.com'])).toMatch(
      /^HTTP\/1\.1 404 /,
    )
    expect(await raw(domain, [`ACL ${path('bob')} HTTP/1.1`, 'Host: im.example.com'])).toMatch(/^HTTP\/1\.1 401 /)
  })
})

describe.each(deployments)('authentication, RVP §6: $deployment', ({ start }) => {
  it('is asked for before anything is changed, and the access list after it (RVP §4.2)', async () => {
    await using domain = await start()
    const lines = [`PROPPATCH ${path('bob')} HTTP/1.1`, 'Host: im.example.com', 'Content-Length: 0']
    expect(await raw(domain, lines)).toMatch(/^HTTP\/1\.1 401 /)
    const answer = await domain.request({
      as: 'carol',
      method: 'PROPPATCH',
      path: path('bob'),
      body: stateUpdate('busy'),
    })
    expect(answer.status).toBe(403)
  })

  it('offers NTLM and Digest, to a request that claims a principal too (RVP §6.3)', async () => {
    await using domain = await start()
    const answer = await raw(domain, [
      `SUBSCRIBE ${path('bob')} HTTP/1.1`,
      'Subscription-Lifetime: 14400',
      'Notification-Type: pragma/notify',
      'Call-Back: http://198.176.154.132:1234',
      'RVP-Notifications-Version: 1.0',
      'Host: im.example.com',
      'Content-Length: 0',
      `RVP-From-Principal: ${domain.node('bob')}`,
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).toMatch(/\r\nWWW-Authenticate: NTLM\r\n/)
    expect(answer).toMatch(/\r\nWWW-Authenticate: Digest .*qop="auth"/)
    expect(answer).toContain('\r\nRVP-Notifications-Version: ')
  })
})

describe.each(deployments)('examples of subscriptions, RVP §5.1: $deployment', ({ start }) => {
  it('watches properties for the subscriber’s own node, and gets the current values (RVP §5.1.7.2)', async () => {
    await using domain = await start()
    const headers: Headers = [
      ...watch,
      ['Call-Back', domain.node('alice')],
      ['RVP-From-Principal', domain.node('alice')],
    ]
    const answer = await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers })
    expect(answer.status).toBe(207)
    expect(Number(answer.header('Subscription-Id'))).toBeGreaterThan(0)
    expect(answer.header('Subscription-Lifetime')).toBe('14400')
    expect(answer.header('Content-Type')).toMatch(/^text\/xml/)
    for (const xml of [
      `<d:href>${domain.node('bob')}</d:href>`,
      '<r:state><r:offline/></r:state>',
      '<d:displayname>Bob</d:displayname>',
      '<r:email>bob@example.com</r:email>',
      '<r:mobile-state>0</r:mobile-state>',
      '<r:mobile-description></r:mobile-description>',
    ]) {
      expect(answer.body).toContain(xml)
    }
  })

  it('ends the subscription to a stock (RVP §5.2.1)', async () => {
    await using domain = await start({ config: nodes })
    await makeNode(domain, '/stock/companyA', '<a:read/>')
    const made = await domain.request({ as: 'bob', method: 'SUBSCRIBE', path: '/stock/companyA', headers: watch })
    const end = (as: string) =>
      domain.request({
        as,
        method: 'UNSUBSCRIBE',
        path: '/stock/companyA',
        headers: [['Subscription-Id', made.header('Subscription-Id') ?? '']],
      })
    expect((await end('carol')).status).toBe(403)
    expect((await end('bob')).status).toBe(200)
    expect((await end('bob')).status).toBe(412)
  })

  it('lists who subscribed to a distribution list, for how long still (RVP §5.3.1, §9.1.13, §9.1.14)', async () => {
    await using domain = await start({ config: nodes })
    await makeNode(domain, '/lists/sales-event', '<a:read/><a:subscriptions/>')
    for (const as of ['bob', 'carol']) {
      await domain.request({ as, method: 'SUBSCRIBE', path: '/lists/sales-event', headers: watch })
    }
    await domain.elapse({ minutes: 1 })
    const list = await domain.request({
      as: 'bob',
      method: 'SUBSCRIPTIONS',
      path: '/lists/sales-event',
      headers: [['Notification-Type', 'update/propchange']],
    })
    expect(list.status).toBe(200)
    for (const name of ['bob', 'carol']) {
      expect(list.body).toMatch(
        new RegExp(
          `<r:subscription-id>[0-9]+</r:subscription-id><d:href>${domain.node(name)}</d:href><a:principal>` +
            `<a:rvp-principal>${domain.node(name)}</a:rvp-principal></a:principal><d:timeout>14340</d:timeout>`,
        ),
      )
    }
  })
})

describe.each(deployments)('examples of properties, RVP §5.4: $deployment', ({ start }) => {
  it('finds a display name (RVP §5.4.1), in DAV’s own elements (RVP §9)', async () => {
    await using domain = await start()
    const answer = await domain.request({
      as: 'bob',
      method: 'PROPFIND',
      path: path('bob'),
      headers: [['Depth', '0']],
      body: `<?xml version="1.0" ?>\n<D:propfind ${roots}>\n  <D:prop>\n    <D:displayname/>\n  </D:prop>\n</D:propfind>`,
    })
    expect(answer.status).toBe(207)
    expect(answer.body).toMatch(
      /<d:multistatus [^>]*><d:response><d:href>[^<]*<\/d:href><d:propstat><d:prop><d:displayname>Bob<\/d:displayname><\/d:prop><d:status>HTTP\/1\.1 200 [^<]*<\/d:status><\/d:propstat><\/d:response><\/d:multistatus>/,
    )
  })

  it('neither sends nor reads a DAV header, and takes no depth but 0 (RVP §7.1)', async () => {
    await using domain = await start()
    const body = `<D:propfind ${roots}><D:prop><D:displayname/></D:prop></D:propfind>`
    const find = (headers: Headers) =>
      domain.request({ as: 'bob', method: 'PROPFIND', path: path('bob'), headers: [['DAV', '1,2'], ...headers], body })
    const found = await find([['Depth', '0']])
    expect([found.status, found.header('DAV')]).toEqual([207, undefined])
    for (const headers of [[], [['Depth', '1']], [['Depth', 'infinity']]] as Headers[]) {
      expect((await find(headers)).status).toBe(412)
    }
  })
})

describe.each(deployments)(
  'the elements of a state, RVP §9.1.1 to §9.1.4, and the states, RVP §9.1.5 to §9.1.11: $deployment',
  ({ start }) => {
    it.each(['online', 'away', 'busy', 'back-soon', 'on-phone', 'at-lunch'])(
      'hold %s, which others then see',
      async (state) => {
        await using domain = await start()
        const set = await domain.request({
          as: 'bob',
          method: 'PROPPATCH',
          path: path('bob'),
          body: stateUpdate(state),
        })
        expect(set.body).toMatch(
          new RegExp(
            `<r:state><r:leased-value><r:value><r:${state}/></r:value><r:default-value><r:offline/></r:default-value>` +
              '<d:timeout>3600</d:timeout></r:leased-value><r:view-id>[0-9]+</r:view-id></r:state>',
          ),
        )
        const seen = await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
        expect(seen.body).toContain(`<r:state><r:${state}/></r:state>`)
      },
    )

    it('tell updates of a node apart by view-id (RVP §9.1.12), until it is offline (RVP §9.1.6)', async () => {
      await using domain = await start()
      const patch = (body: string) => domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body })
      const idIn = (body: string) => /<r:view-id>([0-9]+)</.exec(body)?.[1]
      const first = idIn((await patch(stateUpdate('online'))).body)
      const named = (state: string) =>
        stateUpdate(state).replace('</Z:state>', `<Z:view-id>${first}</Z:view-id></Z:state>`)
      expect(idIn((await patch(stateUpdate('online'))).body)).not.toBe(first)
      expect(idIn((await patch(named('busy'))).body)).toBe(first)
      expect((await patch(named('offline'))).status).toBe(207)
      expect(idIn((await patch(named('busy'))).body)).not.toBe(first)
    })
  },
)

describe.each(deployments)('what else is told of a user, RVP §9.1.15 to §9.1.17: $deployment', ({ start }) => {
  it('is the mail address of the directory, and what the user says of a mobile', async () => {
    await using domain = await start()
    const body = `<D:propertyupdate ${roots}><D:set><D:prop><Z:mobile-state>1</Z:mobile-state><Z:mobile-description>555-1234</Z:mobile-description></D:prop></D:set></D:propertyupdate>`
    expect((await domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body })).status).toBe(207)
    const seen = await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
    expect(seen.body).toContain(
      '<r:email>bob@example.com</r:email><r:mobile-state>1</r:mobile-state><r:mobile-description>555-1234</r:mobile-description>',
    )
  })
})

describe.each(deployments)(
  'the elements of a notification, RVP §9.1.18 to §9.1.26, and payloads, RVP §10.1 to §10.3: $deployment',
  ({ start }) => {
    it.each([
      [
        'an instant message',
        'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Microsoft%20Sans%20Serif; EF=; CO=0; CS=0; PF=22\r\nSession-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n\r\nLets have lunch',
      ],
      [
        'a typing message',
        'MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: alice@example.com\r\nSession-Id: {79FC6B5-1234-1234-8A0-941F33CA4C90}\r\n\r\n',
      ],
      [
        'an application invite',
        'MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\nSession-Id: {79FC61B5-1234-1234-8A10-941F33CA4C90}\r\n\r\nApplication-Name: NetMeeting.3.01\r\nApplication-GUID: {44BBA842-CC51-11CF-AAFA-00AA00B6015C}\r\nInvitation-Command: INVITE\r\nInvitation-Cookie: 3\r\n\r\n',
      ],
    ])('carry %s as it is', async (_, mime) => {
      await using domain = await start()
      await using device = await RawDevice.logOn(domain, 'bob')
      const sent = await domain.request({
        as: 'alice',
        method: 'NOTIFY',
        path: path('bob'),
        headers: [['RVP-Ack-Type', 'DeepOr']],
        body: message(mime, domain),
      })
      expect(sent.status).toBe(200)
      const party = (name: string, title: string) =>
        `<r:contact><d:href>${domain.node(name)}</d:href><r:description>${title}</r:description></r:contact>`
      expect((await device.next()).body).toContain(
        `<r:message><r:notification-from>${party('alice', 'Alice')}</r:notification-from>` +
          `<r:notification-to>${party('bob', 'bob')}</r:notification-to>` +
          `<r:msgbody><r:mime-data><![CDATA[${mime}]]></r:mime-data></r:msgbody></r:message>`,
      )
    })

    it('carry a change of a state as a propnotification (RVP §9.1.19)', async () => {
      await using domain = await start()
      await using device = await RawDevice.logOn(domain, 'bob')
      await domain.request({ as: 'bob', method: 'SUBSCRIBE', path: path('alice'), headers: watch })
      await domain.request({ as: 'alice', method: 'PROPPATCH', path: path('alice'), body: stateUpdate('busy') })
      expect((await device.next()).body).toMatch(
        /<r:propnotification><r:notification-from>.*<\/r:notification-from><r:notification-to>.*<\/r:notification-to><d:propertyupdate><d:set><d:prop><r:state><r:busy\/><\/r:state><\/d:prop><\/d:set><\/d:propertyupdate><\/r:propnotification>/,
      )
    })
  },
)

describe.each(deployments)('access rights, RVP §5.7.1: $deployment', ({ start }) => {
  const find = (what: string) => ({
    method: 'PROPFIND',
    headers: [['Depth', '0']] as Headers,
    body: `<D:propfind ${roots}>${what}</D:propfind>`,
  })
  const asked: Record<string, { method: string; headers?: Headers; body?: string }> = {
    list: find('<D:propname/>'),
    write: { method: 'PROPPATCH', body: stateUpdate('busy') },
    'send-to': {
      method: 'NOTIFY',
      headers: [['RVP-Ack-Type', 'SingleHop']],
      body: `<Z:notification ${roots}><x/></Z:notification>`,
    },
    readacl: { method: 'ACL' },
    writeacl: { method: 'ACL', body: acl('<a:rvp-principal>im.example.com</a:rvp-principal>', '<a:read/>') },
    presence: { method: 'SUBSCRIBE', headers: watch },
    subscriptions: { method: 'SUBSCRIPTIONS', headers: [['Notification-Type', 'pragma/notify']] },
  }

  it.each(Object.keys(asked))('let %s be done by who has that one right, and by nobody else', async (right) => {
    await using domain = await start()
    const write = (body: string) => domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })
    await write(acl('<a:allprincipals/>', ''))
    await write(acl(`<a:rvp-principal> ${domain.node('carol')} </a:rvp-principal>`, `<a:${right}/>`))
    const request = { method: '', ...asked[right], path: path('bob') }
    expect((await domain.request({ as: 'alice', ...request })).status).toBe(403)
    expect((await domain.request({ as: 'carol', ...request })).status).toBeLessThan(300)
  })

  it('tell read from list: a property may be read that must not be listed', async () => {
    await using domain = await start()
    const write = (body: string) => domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })
    await write(acl('<a:allprincipals/>', ''))
    await write(acl(`<a:rvp-principal>${domain.node('carol')}</a:rvp-principal>`, '<a:read/>'))
    const name = find('<D:prop><D:displayname/></D:prop>')
    expect((await domain.request({ as: 'carol', path: path('bob'), ...name })).body).toContain('>Bob<')
    expect((await domain.request({ as: 'alice', path: path('bob'), ...name })).body).not.toContain('>Bob<')
    expect((await domain.request({ as: 'carol', path: path('bob'), ...find('<D:allprop/>') })).status).toBe(403)
  })

  it('receive-from lets somebody subscribe to what a node is sent, subscribe-others end what is somebody else’s', async () => {
    await using domain = await start({ config: nodes })
    await makeNode(domain, '/lists/a', '<a:read/>')
    const subscribe = (as: string) => domain.request({ as, method: 'SUBSCRIBE', path: '/lists/a', headers: login })
    expect((await subscribe('bob')).status).toBe(403)
    const grant = async (name: string, right: string): Promise<void> => {
      const body = acl(`<a:rvp-principal>${domain.node(name)}</a:rvp-principal>`, right)
      await domain.request({ as: 'alice', method: 'ACL', path: '/lists/a', body })
    }
    await grant('bob', '<a:receive-from/>')
    await grant('carol', '<a:subscribe-others/>')
    const made = await subscribe('bob')
    expect(made.status).toBe(200)
    const headers: Headers = [['Subscription-Id', made.header('Subscription-Id') ?? '']]
    expect((await domain.request({ as: 'carol', method: 'UNSUBSCRIBE', path: '/lists/a', headers })).status).toBe(200)
  })

  it.each(['writeowner', 'delete', 'createchild', 'deletechild'])('do not have %s', async (right) => {
    await using domain = await start()
    const body = acl('<a:allprincipals/>', `<a:${right}/>`)
    expect((await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })).status).toBe(400)
  })
})

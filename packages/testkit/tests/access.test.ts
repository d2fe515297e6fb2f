import { describe, expect, it } from 'vitest'
import { deployments, nextEvent } from '../src/index.ts'

const a = 'xmlns:a="http://schemas.microsoft.com/rvp/acl/"'
const path = (name: string): string => `/instmsg/aliases/${name}`

function ace(principal: string, grant: string, deny: string): string {
  return (
    `<a:rvpacl ${a}><a:acl><a:inheritance>none</a:inheritance><a:ace><a:principal>${principal}<a:credentials><a:assertion/><a:digest/><a:ntlm/>` +
    `</a:credentials></a:principal><a:grant>${grant}</a:grant><a:deny>${deny}</a:deny></a:ace></a:acl></a:rvpacl>`
  )
}

describe.each(deployments)('ACL, RVP §5.7: $deployment', ({ start }) => {
  it('reads everybody’s and the owner’s entry by default (RVP §5.7.3) [R43]', async () => {
    await using domain = await start()
    const answer = await domain.request({ as: 'bob', method: 'ACL', path: path('bob') })
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('<a:allprincipals/>')
    expect(answer.body).toContain('<a:rvp-principal>http://im.example.com/instmsg/aliases/bob</a:rvp-principal>')
    expect(answer.body).not.toMatch(/>\s+</)
  })

  it('merges one entry and leaves the others alone; the owner keeps every right [R42]', async () => {
    await using domain = await start()
    const carol = `<a:rvp-principal>${domain.node('carol')}</a:rvp-principal>`
    const self = `<a:rvp-principal>${domain.node('bob')}</a:rvp-principal>`
    for (const body of [ace(carol, '', '<a:send-to/><a:presence/>'), ace(self, '', '<a:all/>')]) {
      expect((await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })).status).toBe(200)
    }
    const read = await domain.request({ as: 'bob', method: 'ACL', path: path('bob') })
    expect(read.status).toBe(200)
    expect(read.body).toContain('<a:allprincipals/>')
    expect(read.body).toContain('aliases/carol')
  })

  it('takes "allprincipals" as a text, as librvp writes it [R42]', async () => {
    await using domain = await start()
    const body = ace('<a:rvp-principal>allprincipals</a:rvp-principal>', '<a:presence/>', '<a:send-to/>')
    expect((await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })).status).toBe(200)
    await domain.logOn('bob')
    const alice = await domain.logOn('alice')
    expect(await alice.send(domain.node('bob'), 'hi')).toBe('forbidden')
  })

  it('needs no Content-Type on a write [R7]', async () => {
    await using domain = await start()
    const body = ace(`<a:rvp-principal>${domain.node('carol')}</a:rvp-principal>`, '<a:presence/>', '')
    expect((await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })).status).toBe(200)
  })

  it('rejects an entry without credentials: 400 credentials not specified (RVP §5.7.2)', async () => {
    await using domain = await start()
    const body = ace('<a:allprincipals/>', '<a:presence/>', '').replace(/<a:credentials>.*<\/a:credentials>/, '')
    const answer = await domain.request({ as: 'bob', method: 'ACL', path: path('bob'), body })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('credentials not specified')
  })

  it('is read and written by nobody but the owner', async () => {
    await using domain = await start()
    const body = ace('<a:allprincipals/>', '<a:all/>', '')
    expect((await domain.request({ as: 'alice', method: 'ACL', path: path('bob') })).status).toBe(403)
    expect((await domain.request({ as: 'alice', method: 'ACL', path: path('bob'), body })).status).toBe(403)
    expect(
      (
        await domain.request({
          as: 'alice',
          method: 'PROPPATCH',
          path: path('bob'),
          body: '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><x/></d:prop></d:set></d:propertyupdate>',
        })
      ).status,
    ).toBe(403)
  })
})

describe.each(deployments)('A blocked person, promise 5: $deployment', ({ start }) => {
  it('sees the blocker go offline, cannot write or look, and sees the truth again once allowed', async () => {
    await using domain = await start()
    const bob = await domain.logOn('bob')
    const alice = await domain.logOn('alice')
    await alice.watch(domain.node('bob'))
    const gone = nextEvent(alice, 'presence', ({ state }) => state === 'offline')
    await bob.block(domain.node('alice'))
    await gone
    expect(await alice.send(domain.node('bob'), 'please')).toBe('forbidden')
    const look = await domain.request({
      as: 'alice',
      method: 'SUBSCRIBE',
      path: path('bob'),
      headers: [
        ['Notification-Type', 'update/propchange'],
        ['Subscription-Lifetime', '14000'],
      ],
    })
    expect(look.status).toBe(403)
    const heard: string[] = []
    alice.on((event) => event.type === 'presence' && heard.push(event.state))
    await bob.setState('busy')
    const back = nextEvent(alice, 'presence', ({ state }) => state === 'busy')
    await bob.allow(domain.node('alice'))
    await back
    expect(heard).toEqual(['busy'])
    expect(await alice.send(domain.node('bob'), 'thanks')).toBe('delivered')
  })
})

describe.each(deployments)('Forgery, promise 5: $deployment', ({ start }) => {
  it('refuses an RVP-From-Principal that is not the authenticated user', async () => {
    await using domain = await start()
    const headers = [['RVP-From-Principal', domain.node('carol')]] as const
    const answer = await domain.request({ as: 'alice', method: 'ACL', path: path('carol'), headers })
    expect(answer.status).toBe(403)
  })

  it('refuses a notification-from that is not the authenticated sender [R33]', async () => {
    await using domain = await start()
    await domain.logOn('bob')
    const body =
      '<r:notification xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:d="DAV:"><r:message><r:notification-from><r:contact>' +
      `<d:href>${domain.node('carol')}</d:href></r:contact></r:notification-from><r:msgbody><r:mime-data>x</r:mime-data></r:msgbody></r:message></r:notification>`
    const answer = await domain.request({
      as: 'alice',
      method: 'NOTIFY',
      path: path('bob'),
      headers: [['Content-Type', 'text/xml']],
      body,
    })
    expect(answer.status).toBe(403)
  })

  it.each([
    ['another host of the network', 'http://10.1.2.3:4000'],
    ['the metadata service', 'http://169.254.169.254/latest'],
    ['the unspecified address', 'http://0.0.0.0:4000'],
    ['a host name', 'http://intranet.example.com:4000'],
    ['an IPv4 address in IPv6’s clothes', 'http://[::ffff:10.1.2.3]:4000'],
  ])('does not call back %s, promise 6', async (_, callBack) => {
    await using domain = await start()
    const headers = [
      ['Notification-Type', 'pragma/notify'],
      ['Subscription-Lifetime', '14000'],
      ['Call-Back', callBack],
    ] as const
    const answer = await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('alice'), headers })
    expect(answer.status).toBe(403)
  })

  it('does not call back loopback unless it is configured, promise 6', async () => {
    await using domain = await start({ config: { callBacks: {} } })
    const headers = [
      ['Notification-Type', 'pragma/notify'],
      ['Subscription-Lifetime', '14000'],
      ['Call-Back', 'http://127.0.0.1:4000'],
    ] as const
    expect((await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('alice'), headers })).status).toBe(403)
  })
})

describe.each(deployments)('A wrong password: $deployment', ({ start }) => {
  it('is told to the administrator with account and address, and makes a guesser wait', async () => {
    await using domain = await start()
    const answers = []
    // Each edge counts for itself.
    for (let guess = 0; guess < 8 * domain.urls.length; guess += 1) {
      const answer = await domain.request({
        as: 'alice',
        password: `guess-${guess}`,
        method: 'ACL',
        path: path('alice'),
      })
      answers.push(answer.status)
    }
    expect(answers[0]).toBe(401)
    expect(answers.at(-1)).toBe(429)
    expect(domain.log.of('auth.failed')[0]).toMatchObject({ account: 'alice', peer: '127.0.0.1' })
    expect(domain.log.lines.join('')).not.toContain('guess-')
  })
})

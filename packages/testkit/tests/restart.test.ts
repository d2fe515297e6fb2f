import { parseSubscriptions } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, RawDevice } from '../src/index.ts'

const path = (name: string): string => `/instmsg/aliases/${name}`
const watch = [
  ['Notification-Type', 'update/propchange'],
  ['Subscription-Lifetime', '14000'],
] as const

function state(name: string, leaseSeconds = 1200): string {
  return (
    '<d:propertyupdate xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><d:set><d:prop><r:state><r:leased-value>' +
    `<r:value><r:${name}/></r:value><d:timeout>${leaseSeconds}</d:timeout></r:leased-value></r:state></d:prop></d:set></d:propertyupdate>`
  )
}

describe.each(deployments)('A restart, promise 1: $deployment', ({ start }) => {
  it('keeps logins, watches, access lists, contacts and views with what is left of their leases', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'alice')
    await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
    const bob = await domain.logOn('bob')
    expect((await device.next()).body).toContain('<r:online/>')
    await bob.writeContacts({
      groups: ['Friends'],
      contacts: [{ href: domain.node('alice'), displayName: 'Al', groups: ['Friends'] }],
    })
    await bob.block(domain.node('carol'))
    await domain.restart()
    const listed = await domain.request({ as: 'bob', method: 'SUBSCRIPTIONS', path: path('bob'), headers: [watch[0]] })
    expect(parseSubscriptions(listed.body).map(({ href }) => href)).toContain(domain.node('alice'))
    expect((await bob.readContacts()).contacts[0]?.displayName).toBe('Al')
    expect((await domain.request({ as: 'carol', method: 'SUBSCRIBE', path: path('bob'), headers: watch })).status).toBe(
      403,
    )
    const repeated = await device.next()
    expect(repeated.body).toContain('<r:online/>')
    await bob.setState('busy')
    expect((await device.next()).body).toContain('<r:busy/>')
  })

  it('tells watchers of a lease that ran out while the server was away', async () => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'alice')
    await domain.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
    await domain.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body: state('online') })
    expect((await device.next()).body).toContain('<r:online/>')
    await domain.restart({ away: { minutes: 30 } })
    await domain.elapse({ seconds: 1 })
    const told = [(await device.next()).body]
    if (!told[0]?.includes('<r:offline/>')) told.push((await device.next()).body)
    expect(told.at(-1)).toContain('<r:offline/>')
  })

  it('lets a stream go on, and its watches with it', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await alice.watch(domain.node('bob'))
    const back = [nextEvent(alice, 'connection', ({ up }) => up), nextEvent(bob, 'connection', ({ up }) => up)]
    await domain.restart()
    await Promise.all(back)
    const busy = nextEvent(alice, 'presence', ({ state: now }) => now === 'busy')
    await bob.setState('busy')
    expect((await busy).node).toBe(domain.node('bob'))
    const heard = nextEvent(bob, 'message')
    expect(await alice.send(domain.node('bob'), 'after the restart')).toBe('delivered')
    expect((await heard).text).toBe('after the restart')
  })
})

describe.each(deployments)('An account that is disabled: $deployment', ({ start }) => {
  it('is signed off, disappears, and can do nothing more on its connections', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await alice.watch(domain.node('bob'))
    const gone = nextEvent(
      alice,
      'presence',
      ({ node, state: now }) => node === domain.node('bob') && now === 'offline',
    )
    domain.users.disable(domain.node('bob'))
    await gone
    expect(await alice.send(domain.node('bob'), 'hello')).toBe('unknown')
    await expect(bob.setState('busy')).rejects.toThrow()
  })
})

describe.each(deployments)('No trace, promise 4: $deployment', ({ start }) => {
  it('writes no message, password or stream token to the log at any level', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    await domain.logOn('bob')
    await alice.send(domain.node('bob'), 'the-secret-text')
    await alice.send(domain.node('carol'), 'the-secret-text')
    await domain.restart()
    const log = domain.log.lines.join('')
    expect(log).toContain('"event":"request"')
    expect(log).not.toContain('the-secret-text')
    expect(log).not.toContain('alice-secret')
    expect(log).not.toContain('streams/')
  })
})

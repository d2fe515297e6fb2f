import { parseMultistatus, parseSubscriptions, propertyNames } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { deployments, RawDevice, type TestInstallation } from '../src/index.ts'

const watch = [
  ['Notification-Type', 'update/propchange'],
  ['Subscription-Lifetime', '14000'],
] as const
const path = (name: string): string => `/instmsg/aliases/${name}`
const own = (name: string): readonly [string, string] => ['Call-Back', `http://im.example.com${path(name)}`]
const login = [
  ['Notification-Type', 'pragma/notify'],
  ['Subscription-Lifetime', '14000'],
  ['Call-Back', 'http://127.0.0.1:9'],
] as const

/** Sends `METHOD user` as somebody. */
function ask(domain: TestInstallation, as: string, what: string, headers: readonly (readonly [string, string])[] = []) {
  const [method = '', user = ''] = what.split(' ')
  return domain.request({ as, method, path: path(user), headers })
}

/** A watch of `name` whose Call-Back is the watcher's own node. */
function watchAs(domain: TestInstallation, watcher: string, name: string) {
  return ask(domain, watcher, `SUBSCRIBE ${name}`, [...watch, own(watcher)])
}

describe.each(deployments)('SUBSCRIBE, RVP §5.1: $deployment', ({ start }) => {
  it('answers 200 to a login, with id and lifetime as asked (RVP §5.1.6) [R12] [R20] [R21]', async () => {
    await using domain = await start()
    const answer = await ask(domain, 'alice', 'SUBSCRIBE alice', login)
    expect(answer.status).toBe(200)
    const id = Number(answer.header('Subscription-Id'))
    expect(Number.isInteger(id) && id >= 1 && id <= 2 ** 31 - 1).toBe(true)
    expect(answer.header('Subscription-Lifetime')).toBe('14000')
  })

  it('answers 207 with the current properties to a watch (RVP §5.1.6) [R12] [R16] [R18]', async () => {
    await using domain = await start()
    const answer = await watchAs(domain, 'alice', 'bob')
    expect(answer.status).toBe(207)
    expect(answer.header('Content-Type')).toBe('text/xml')
    expect(answer.body).toContain('<r:state><r:offline/></r:state><d:displayname>Bob</d:displayname>')
    const { propstats } = parseMultistatus(answer.body)
    expect(propstats).toHaveLength(1)
    expect(propstats[0]?.properties.map(({ name }) => name)).toEqual([
      propertyNames.state,
      propertyNames.displayName,
      propertyNames.email,
      propertyNames.mobileState,
      propertyNames.mobileDescription,
    ])
  })

  it('grants login and watch the same lifetime, however long it is asked for [R21]', async () => {
    await using domain = await start()
    const asked = ['Subscription-Lifetime', '999999999'] as const
    const answers = [
      await ask(domain, 'alice', 'SUBSCRIBE alice', [...login.filter(([n]) => n !== 'Subscription-Lifetime'), asked]),
      await ask(domain, 'alice', 'SUBSCRIBE bob', [['Notification-Type', 'update/propchange'], asked, own('alice')]),
    ]
    const lifetimes = answers.map((answer) => Number(answer.header('Subscription-Lifetime')))
    expect(lifetimes[0]).toBe(lifetimes[1])
    expect(lifetimes[0]).toBeGreaterThan(1800)
  })

  it('renews by id, without Call-Back and type, and answers 200 (RVP §5.1.2) [R22]', async () => {
    await using domain = await start()
    const first = await watchAs(domain, 'alice', 'bob')
    const id = first.header('Subscription-Id') ?? ''
    await domain.elapse({ minutes: 200 })
    const renewed = await ask(domain, 'alice', 'SUBSCRIBE bob', [
      ['Subscription-Id', id],
      ['Subscription-Lifetime', '14000'],
    ])
    expect(renewed.status).toBe(200)
    expect(renewed.header('Subscription-Id')).toBe(id)
    expect(renewed.header('Subscription-Lifetime')).toBe('14000')
    await domain.elapse({ minutes: 200 })
    const listed = await ask(domain, 'bob', 'SUBSCRIPTIONS bob', [['Notification-Type', 'update/propchange']])
    expect(parseSubscriptions(listed.body).map((one) => one.id)).toEqual([Number(id)])
  })

  it('answers 412 to the renewal of an unknown id, and takes a fresh SUBSCRIBE then [R22]', async () => {
    await using domain = await start()
    const renewal = [
      ['Subscription-Id', '4711'],
      ['Subscription-Lifetime', '14000'],
    ] as const
    expect((await ask(domain, 'alice', 'SUBSCRIBE bob', renewal)).status).toBe(412)
    expect((await watchAs(domain, 'alice', 'bob')).status).toBe(207)
  })

  it('lets nobody renew or end somebody else’s subscription (RVP §5.2)', async () => {
    await using domain = await start()
    const first = await watchAs(domain, 'alice', 'bob')
    const id = ['Subscription-Id', first.header('Subscription-Id') ?? ''] as const
    expect((await ask(domain, 'carol', 'SUBSCRIBE bob', [id, ['Subscription-Lifetime', '14000']])).status).toBe(412)
    expect((await ask(domain, 'carol', 'UNSUBSCRIBE bob', [id])).status).toBe(403)
    expect((await ask(domain, 'alice', 'UNSUBSCRIBE bob', [id])).status).toBe(200)
  })

  it('refuses a static subscription, as Exchange does (RVP §5.1.2)', async () => {
    await using domain = await start()
    const answer = await ask(domain, 'alice', 'SUBSCRIBE bob', [watch[0], own('alice')])
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('Subscription-Lifetime is required')
  })

  it('answers 404 to a watch of an unknown user, never 5xx [R13]', async () => {
    await using domain = await start()
    const answer = await watchAs(domain, 'alice', 'nobody')
    expect(answer.status).toBe(404)
  })

  it('keeps duplicates apart by their id (RVP §5.1.5) and lists both', async () => {
    await using domain = await start()
    const make = { as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: [...watch, own('alice')] }
    const ids = [
      (await domain.request(make)).header('Subscription-Id'),
      (await domain.request(make)).header('Subscription-Id'),
    ]
    expect(new Set(ids).size).toBe(2)
    const listed = await ask(domain, 'bob', 'SUBSCRIPTIONS bob')
    expect(
      parseSubscriptions(listed.body)
        .map(({ id }) => `${id}`)
        .sort(),
    ).toEqual([...ids].sort())
  })
})

describe.each(deployments)('a watch that ends, RVP §5.1.2, §5.2: $deployment', ({ start }) => {
  it.each(['lapses', 'is ended'])('tells nothing more once it %s', async (how) => {
    await using domain = await start()
    await using device = await RawDevice.logOn(domain, 'alice')
    const headers = [watch[0], ['Subscription-Lifetime', '60'], own('alice')] as const
    const made = await ask(domain, 'alice', 'SUBSCRIBE bob', headers)
    const bob = await domain.logOn('bob')
    expect((await device.next()).body).toContain('<r:online/>')
    if (how === 'lapses') await domain.elapse({ seconds: 61 })
    else await ask(domain, 'alice', 'UNSUBSCRIBE bob', [['Subscription-Id', made.header('Subscription-Id') ?? '']])
    await bob.setState('busy')
    // Whatever came of that would have come before this.
    await watchAs(domain, 'alice', 'carol')
    await domain.logOn('carol')
    expect((await device.next()).body).toContain(domain.node('carol'))
  })
})

describe.each(deployments)('UNSUBSCRIBE, RVP §5.2: $deployment', ({ start }) => {
  it('takes any of one’s own ids on one’s own node [R24]', async () => {
    await using domain = await start()
    const ids = []
    for (const headers of [login, [...watch, own('alice')]]) {
      const answer = await ask(domain, 'alice', 'SUBSCRIBE alice', headers)
      ids.push(answer.header('Subscription-Id') ?? '')
    }
    for (const id of ids) {
      expect((await ask(domain, 'alice', 'UNSUBSCRIBE alice', [['Subscription-Id', id]])).status).toBe(200)
    }
    const listed = await ask(domain, 'alice', 'SUBSCRIPTIONS alice')
    expect(parseSubscriptions(listed.body)).toEqual([])
  })

  it('lets the owner of a node end other people’s watches of it', async () => {
    await using domain = await start()
    const made = await watchAs(domain, 'alice', 'bob')
    const id = made.header('Subscription-Id') ?? ''
    expect((await ask(domain, 'bob', 'UNSUBSCRIBE bob', [['Subscription-Id', id]])).status).toBe(200)
  })
})

describe.each(deployments)('SUBSCRIPTIONS, RVP §5.3: $deployment', ({ start }) => {
  it('lists the login with id, URL and whole seconds left [R23] [R4]', async () => {
    await using domain = await start()
    const made = await ask(domain, 'alice', 'SUBSCRIBE alice', login)
    await domain.elapse({ seconds: 100 })
    const listed = await ask(domain, 'alice', 'SUBSCRIPTIONS alice', [login[0]])
    expect(listed.status).toBe(200)
    expect(listed.body).toContain(`<r:subscription-id>${made.header('Subscription-Id')}</r:subscription-id>`)
    expect(listed.body).toContain('<a:rvp-principal>http://im.example.com/instmsg/aliases/alice</a:rvp-principal>')
    expect(listed.body).toContain('<d:timeout>13900</d:timeout>')
  })

  it('is for the node’s owner', async () => {
    await using domain = await start()
    expect((await ask(domain, 'alice', 'SUBSCRIPTIONS bob')).status).toBe(403)
  })
})

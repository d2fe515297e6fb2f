import type { RvpClient } from '@parley/client'
import type { LogicalUrl, PresenceState } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { homes, nextEvent, RawDevice, TestCluster } from '../src/index.ts'

const [hq, oslo, rio] = homes as [(typeof homes)[0], (typeof homes)[0], (typeof homes)[0]]
const path = (name: string): string => `/instmsg/aliases/${name}`
const watch = [
  ['Notification-Type', 'update/propchange'],
  ['Subscription-Lifetime', '14000'],
] as const
const devices = ['stream', 'callback'] as const

/** The states of `node` that a client is told from now on. */
function statesSeen(client: RvpClient, node: LogicalUrl): PresenceState[] {
  const states: PresenceState[] = []
  client.on((event) => {
    if (event.type === 'presence' && event.node === node) states.push(event.state)
  })
  return states
}

/** Alice and bob, of different homes, who watch each other. */
async function friends(cluster: TestCluster, device: (typeof devices)[number]) {
  const alice = await cluster.logOn('alice')
  const bob = await cluster.logOn('bob', device)
  await alice.watch(bob.self)
  await bob.watch(alice.self)
  return { alice, bob, bobsStates: statesSeen(alice, bob.self), alicesStates: statesSeen(bob, alice.self) }
}

/** Resolves when a client's stream is open again, if it has one. */
async function cameBack(client: RvpClient, device: (typeof devices)[number]): Promise<void> {
  if (device === 'stream') await nextEvent(client, 'connection', ({ up }) => up)
}

/** Bob's changes reach alice and hers him, and so do messages, each once. */
async function expectAllIsWell({ alice, bob, bobsStates, alicesStates }: Awaited<ReturnType<typeof friends>>) {
  const busy = nextEvent(alice, 'presence', ({ node, state }) => node === bob.self && state === 'busy')
  await bob.setState('busy')
  await busy
  const away = nextEvent(bob, 'presence', ({ node, state }) => node === alice.self && state === 'away')
  await alice.setState('away')
  await away
  expect({ bobsStates, alicesStates }).toEqual({ bobsStates: ['busy'], alicesStates: ['away'] })
  const heard = [nextEvent(bob, 'message'), nextEvent(alice, 'message')]
  expect(await alice.send(bob.self, 'how is it?')).toBe('delivered')
  expect(await bob.send(alice.self, 'all is well')).toBe('delivered')
  expect((await Promise.all(heard)).map(({ text }) => text)).toEqual(['how is it?', 'all is well'])
}

describe.each(devices)('a home that is handed over while its user has a %s', (device) => {
  it('goes on in another process; nobody is shown offline meanwhile', async () => {
    await using cluster = await TestCluster.start({ standby: true })
    const pair = await friends(cluster, device)
    const back = cameBack(pair.bob, device)
    await cluster.stopHome(oslo)
    await cluster.elapse({ seconds: 1 })
    await back
    await expectAllIsWell(pair)
  })

  it('lets messages wait that come in between', async () => {
    await using cluster = await TestCluster.start({ standby: true })
    const { alice, bob } = await friends(cluster, device)
    const back = cameBack(bob, device)
    await cluster.stopHome(oslo)
    const heard = nextEvent(bob, 'message')
    const sent = alice.send(bob.self, 'are you there?')
    await cluster.log.logged('router.waiting')
    await cluster.elapse({ seconds: 1 })
    expect(await sent).toBe('delivered')
    expect((await heard).text).toBe('are you there?')
    await back
  })

  it('is taken by its own process again, which starts later', async () => {
    await using cluster = await TestCluster.start()
    const pair = await friends(cluster, device)
    const back = cameBack(pair.bob, device)
    await cluster.stopHome(oslo)
    await cluster.elapse({ seconds: 30 })
    await cluster.startHome(oslo)
    await back
    await expectAllIsWell(pair)
  })
})

describe.each(devices)('a user who moves to another home while on a %s', (device) => {
  it.each([
    ['that of the watcher', hq],
    ['a third one', rio],
  ])('%s, stays signed in and watched', async (_, to) => {
    await using cluster = await TestCluster.start()
    const pair = await friends(cluster, device)
    const back = cameBack(pair.bob, device)
    await cluster.moveUser('bob', to)
    await back
    expect(cluster.homeOf('bob')).toBe(to)
    await expectAllIsWell(pair)
  })

  it('takes subscriptions, access list and contacts along, also there and back', async () => {
    await using cluster = await TestCluster.start()
    const pair = await friends(cluster, device)
    const { bob } = pair
    const list = { groups: ['Friends'], contacts: [{ href: pair.alice.self, displayName: 'Al', groups: ['Friends'] }] }
    await bob.writeContacts(list)
    await bob.block(cluster.node('carol'))
    const subscriptions = await bob.subscriptions('update/propchange')
    for (const to of [rio, oslo]) {
      const back = cameBack(bob, device)
      await cluster.moveUser('bob', to)
      await back
    }
    expect(await bob.readContacts()).toEqual(list)
    expect(await bob.subscriptions('update/propchange')).toEqual(subscriptions)
    const refused = await cluster.request({ as: 'carol', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
    expect(refused.status).toBe(403)
    await expectAllIsWell(pair)
  })
})

describe('a router that is stopped', () => {
  it('is missed by nobody: the other one serves its streams and requests', async () => {
    await using cluster = await TestCluster.start()
    const pair = await friends(cluster, 'stream')
    await cluster.stopRouter()
    await cluster.breakStreams()
    await expectAllIsWell(pair)
  })
})

describe('redirects to the home, RVP §4.1.2 [R44]', () => {
  it('send clients of a network to the process of the node that they ask for', async () => {
    await using cluster = await TestCluster.start({ redirects: true })
    const answer = await cluster.request({
      as: 'alice',
      method: 'PROPFIND',
      path: path('bob'),
      headers: [['Depth', '0']],
      body: '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname/></d:prop></d:propfind>',
    })
    expect(answer.status).toBe(207)
    expect(answer.body).toContain('<d:displayname>Bob</d:displayname>')
    expect(answer.url).toMatch(
      /^http:\/\/127\.0\.0\.1:[0-9]+\/instmsg\/local\/im\.example\.com\/instmsg\/aliases\/bob$/,
    )
    expect(cluster.urls).not.toContain(new URL(answer.url).origin)
  })

  it.each(devices)('are followed by clients on a %s', async (device) => {
    await using cluster = await TestCluster.start({ redirects: true })
    await expectAllIsWell(await friends(cluster, device))
    expect(cluster.log.of('request').map(({ status }) => status)).toContain(302)
  })
})

describe('a home that nobody holds', () => {
  it('is worth a wait of 10 s, then 503 with Retry-After; the others go on', async () => {
    await using cluster = await TestCluster.start()
    const alice = await cluster.logOn('alice')
    const carol = await cluster.logOn('carol')
    await cluster.stopHome(oslo)
    const answer = cluster.request({ as: 'alice', method: 'SUBSCRIBE', path: path('bob'), headers: watch })
    await cluster.log.logged('router.waiting')
    expect(await alice.send(carol.self, 'is it down?')).toBe('delivered')
    await cluster.elapse({ seconds: 11 })
    const { status, header, body } = await answer
    expect(status).toBe(503)
    expect(header('Retry-After')).toBe('5')
    expect(body).toContain(`(request ${header('X-Request-Id')})`)
  })

  it('has its users shown offline after a minute, and as they are once somebody holds it', async () => {
    await using cluster = await TestCluster.start()
    const { alice, bob, bobsStates } = await friends(cluster, 'callback')
    await cluster.stopHome(oslo)
    await cluster.elapse({ seconds: 50 })
    expect(bobsStates).toEqual([])
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === bob.self && state === 'offline')
    await cluster.elapse({ seconds: 15 })
    await gone
    const back = nextEvent(alice, 'presence', ({ node, state }) => node === bob.self && state === 'online')
    await cluster.startHome(oslo)
    await back
  })
})

describe('a home whose process was stopped for longer than its lease, promise 2', () => {
  it('tells devices nothing more until it knows that it is still held', async () => {
    await using cluster = await TestCluster.start()
    await using device = await RawDevice.logOn(cluster, 'bob')
    const state = async (name: 'busy' | 'away') => {
      const body = `<d:propertyupdate xmlns:d='DAV:' xmlns:r='http://schemas.microsoft.com/rvp/'><d:set><d:prop><r:state><r:${name}/></r:state></d:prop></d:set></d:propertyupdate>`
      expect((await cluster.request({ as: 'bob', method: 'PROPPATCH', path: path('bob'), body })).status).toBe(207)
    }
    const headers = [...watch, ['Call-Back', cluster.node('bob')]] as const
    await cluster.request({ as: 'bob', method: 'SUBSCRIBE', path: path('bob'), headers })
    device.holdAnswers()
    await state('busy')
    expect((await device.next()).body).toContain('<r:busy/>')
    await state('away')
    cluster.clock.oversleep(6_000)
    device.releaseAnswers()
    // By then the next one would have come.
    for (let turns = 0; turns < 5; turns += 1) await (await fetch(cluster.url)).text()
    expect(device.waiting).toBe(0)
    await cluster.elapse({ seconds: 2 })
    expect((await device.next()).body).toContain('<r:away/>')
  })
})

describe('an identity between nodes, promise 5', () => {
  it('gains a client nothing when it sends one, even one that a node signed', async () => {
    await using cluster = await TestCluster.start()
    const claims = {
      method: 'ACL',
      target: cluster.node('bob'),
      home: oslo,
      requestId: 'r',
      at: cluster.clock.now(),
      principal: cluster.node('bob'),
      scheme: 'digest',
    }
    const identity = cluster.keys.sign(Buffer.from(JSON.stringify(claims)).toString('base64url'))
    const headers = [['Parley-Identity', identity] as const]
    expect((await cluster.request({ as: 'alice', method: 'ACL', path: path('bob'), headers })).status).toBe(403)
    expect((await cluster.request({ as: 'bob', method: 'ACL', path: path('bob'), headers })).status).toBe(200)
  })

  it('is asked for wherever homes listen for other nodes', async () => {
    await using cluster = await TestCluster.start()
    for (const [target, method] of [
      [`/parley/${oslo}/status`, 'POST'],
      ['/instmsg/streams/x', 'GET'],
    ] as const) {
      const answer = await fetch(`${cluster.clusterUrl(oslo)}${target}`, {
        method,
        headers: { 'Parley-Identity': 'test.e30.AAAA' },
      })
      expect([answer.status, await answer.text()]).toEqual([403, 'no valid identity\n'])
    }
    expect(cluster.log.of('cluster.identity-refused')).toHaveLength(2)
  })
})

import { parseMultistatus, writeStateUpdate } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, type TestInstallation } from '../src/index.ts'

const path = '/instmsg/aliases/bob'

async function patch(domain: TestInstallation, update: Parameters<typeof writeStateUpdate>[0]): Promise<number> {
  const answer = await domain.request({ as: 'bob', method: 'PROPPATCH', path, body: writeStateUpdate(update) })
  expect(answer.status).toBe(207)
  return parseMultistatus(answer.body).propstats[0]?.properties[0]?.state?.viewId ?? 0
}

async function stateOf(domain: TestInstallation, name: string): Promise<string | undefined> {
  const answer = await domain.request({
    as: 'alice',
    method: 'PROPFIND',
    path: `/instmsg/aliases/${name}`,
    headers: [['Depth', '0']],
    body: '<d:propfind xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><d:prop><r:state/></d:prop></d:propfind>',
  })
  return parseMultistatus(answer.body).propstats[0]?.properties[0]?.state?.state
}

describe.each(deployments)('PROPPATCH of the state, RVP §5.5: $deployment', ({ start }) => {
  it('grants the lease and names the view (RVP §5.5.1) [R18] [R25]', async () => {
    await using domain = await start()
    const answer = await domain.request({
      as: 'bob',
      method: 'PROPPATCH',
      path,
      body: writeStateUpdate({ state: 'online', leaseSeconds: 1200 }),
    })
    expect(answer.status).toBe(207)
    expect(answer.body).toMatch(
      /<r:state><r:leased-value><r:value><r:online\/><\/r:value><r:default-value><r:offline\/><\/r:default-value><d:timeout>1200<\/d:timeout><\/r:leased-value><r:view-id>[0-9]+<\/r:view-id><\/r:state>/,
    )
  })

  it('takes bare states and stale view ids [R25]', async () => {
    await using domain = await start()
    const stale = await patch(domain, { state: 'busy', viewId: 12345 })
    expect(stale).not.toBe(12345)
    expect(await stateOf(domain, 'bob')).toBe('busy')
    await patch(domain, { state: 'offline', viewId: stale })
    expect(await stateOf(domain, 'bob')).toBe('offline')
  })

  it('shows watchers "offline" once the lease lapses, exactly once (RVP §5.5.2)', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    await patch(domain, { state: 'online', leaseSeconds: 1200 })
    await alice.watch(domain.node('bob'))
    const states: string[] = []
    alice.on((event) => event.type === 'presence' && event.node === domain.node('bob') && states.push(event.state))
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'offline')
    await domain.elapse({ minutes: 20 })
    await gone
    const back = nextEvent(alice, 'presence', ({ state }) => state === 'away')
    await patch(domain, { state: 'away', leaseSeconds: 1200 })
    await back
    expect(states).toEqual(['offline', 'away'])
  })

  it('tells watchers nothing when a lease is renewed in time', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const viewId = await patch(domain, { state: 'online', leaseSeconds: 1200 })
    await alice.watch(domain.node('bob'))
    const states: string[] = []
    alice.on((event) => event.type === 'presence' && event.node === domain.node('bob') && states.push(event.state))
    for (let renewals = 0; renewals < 3; renewals += 1) {
      await domain.elapse({ minutes: 19 })
      await patch(domain, { state: 'online', leaseSeconds: 1200, viewId })
    }
    const busy = nextEvent(alice, 'presence', ({ state }) => state === 'busy')
    await patch(domain, { state: 'busy', leaseSeconds: 1200, viewId })
    await busy
    expect(states).toEqual(['busy'])
  })

  it('shares "busy" between devices, but not "idle" and "offline"', async () => {
    await using domain = await start()
    const desk = await patch(domain, { state: 'online', leaseSeconds: 1200 })
    await domain.elapse({ seconds: 1 })
    const bob2 = await domain.logOn('bob')
    expect(await stateOf(domain, 'bob')).toBe('online')
    await patch(domain, { state: 'busy', leaseSeconds: 1200, viewId: desk })
    expect(await stateOf(domain, 'bob')).toBe('busy')
    await patch(domain, { state: 'idle', leaseSeconds: 1200, viewId: desk })
    expect(await stateOf(domain, 'bob')).toBe('busy')
    await patch(domain, { state: 'offline', viewId: desk })
    expect(await stateOf(domain, 'bob')).toBe('busy')
    await bob2.setState('online')
    await bob2.signOff()
    expect(await stateOf(domain, 'bob')).toBe('offline')
  })

  it('shows an invisible user to others as offline [R19]', async () => {
    await using domain = await start()
    await patch(domain, { state: 'online', leaseSeconds: 1200 })
    const alice = await domain.logOn('alice')
    await alice.watch(domain.node('bob'))
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'offline')
    await patch(domain, { state: 'invisible', leaseSeconds: 1200 })
    await gone
    expect(await stateOf(domain, 'bob')).toBe('offline')
  })

  it('refuses a name or mail address that the directory decides, and changes nothing then', async () => {
    await using domain = await start()
    const body =
      '<d:propertyupdate xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><d:set><d:prop>' +
      '<d:displayname>The Boss</d:displayname><r:mobile-description>1</r:mobile-description></d:prop></d:set></d:propertyupdate>'
    const answer = await domain.request({ as: 'bob', method: 'PROPPATCH', path, body })
    expect(parseMultistatus(answer.body).propstats.map(({ status }) => status)).toEqual([403, 424])
    const read = await domain.request({
      as: 'alice',
      method: 'PROPFIND',
      path,
      headers: [['Depth', '0']],
      body: '<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>',
    })
    expect(read.body).toContain('<d:displayname>Bob</d:displayname>')
    expect(read.body).toContain('<r:mobile-description></r:mobile-description>')
  })
})

describe.each(deployments)('PROPFIND, RVP §5.4: $deployment', ({ start }) => {
  it.each([undefined, '1', 'infinity'])('answers 412 to Depth %s', async (depth) => {
    await using domain = await start()
    const headers = depth === undefined ? [] : [['Depth', depth] as const]
    const body = '<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>'
    expect((await domain.request({ as: 'alice', method: 'PROPFIND', path, headers, body })).status).toBe(412)
  })

  it('notes a property that does not exist with a 404, to those who asked for it by name [R16]', async () => {
    await using domain = await start()
    const body =
      '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname/><x:shoe-size xmlns:x="urn:x"/></d:prop></d:propfind>'
    const answer = await domain.request({ as: 'alice', method: 'PROPFIND', path, headers: [['Depth', '0']], body })
    expect(parseMultistatus(answer.body).propstats.map(({ status }) => status)).toEqual([200, 404])
  })

  it('lists names without values', async () => {
    await using domain = await start()
    const body = '<d:propfind xmlns:d="DAV:"><d:propname/></d:propfind>'
    const answer = await domain.request({ as: 'alice', method: 'PROPFIND', path, headers: [['Depth', '0']], body })
    expect(answer.status).toBe(207)
    expect(answer.body).toContain('<d:displayname></d:displayname>')
  })
})

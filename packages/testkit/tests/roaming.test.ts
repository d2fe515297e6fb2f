import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, RawDevice, type TestInstallation } from '../src/index.ts'

const online =
  '<d:propertyupdate xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"><d:set><d:prop><r:state><r:leased-value>' +
  '<r:value><r:online/></r:value><d:timeout>1200</d:timeout></r:leased-value></r:state></d:prop></d:set></d:propertyupdate>'

async function goOnline(domain: TestInstallation): Promise<void> {
  const path = '/instmsg/aliases/bob'
  expect((await domain.request({ as: 'bob', method: 'PROPPATCH', path, body: online })).status).toBe(207)
}

describe.each(deployments)('Roaming, where Exchange needed a restart of the client: $deployment', ({ start }) => {
  it('replaces a device whose old address refuses connections as soon as the client is back', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const before = await RawDevice.logOn(domain, 'bob')
    await goOnline(domain)
    await alice.watch(domain.node('bob'))
    const states: string[] = []
    alice.on((event) => event.type === 'presence' && event.node === domain.node('bob') && states.push(event.state))
    await before[Symbol.asyncDispose]()
    await using after = await RawDevice.logOn(domain, 'bob')
    await goOnline(domain)
    await domain.log.logged('device.gone')
    expect(domain.log.of('device.gone')).toMatchObject([{ why: 'dead' }])
    const arrived = after.next()
    expect(await alice.send(domain.node('bob'), 'still there?')).toBe('delivered')
    expect((await arrived).body).toContain('still there?')
    await domain.elapse({ seconds: 30 })
    expect(states).toEqual([])
  })

  it('keeps a second device that still answers', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    await using desk = await RawDevice.logOn(domain, 'bob')
    await using laptop = await RawDevice.logOn(domain, 'bob')
    expect(await alice.send(domain.node('bob'), 'to both')).toBe('delivered')
    expect((await desk.next()).body).toContain('to both')
    expect((await laptop.next()).body).toContain('to both')
  })

  it('sees a stream that comes back in time without any change of state', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await alice.watch(domain.node('bob'))
    const states: string[] = []
    alice.on((event) => event.type === 'presence' && event.node === domain.node('bob') && states.push(event.state))
    await domain.breakStreams()
    const busy = nextEvent(alice, 'presence', ({ state }) => state === 'busy')
    await bob.setState('busy')
    await busy
    expect(states).toEqual(['busy'])
  })
})

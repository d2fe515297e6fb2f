import { describe, expect, it } from 'vitest'
import { parseHomeName } from './home-name.ts'
import type { WatchReport } from './home-peers.ts'
import { ClusterUnderTest } from './testing/cluster-under-test.ts'
import { nodeOf } from './testing/domain-under-test.ts'

const office = { hq: ['bob', 'carol'], oslo: ['alice', 'ann'] }

describe('watches across homes, design.md flows 2 and 3', () => {
  it('show each device each change once, over one message of the bus', async () => {
    const cluster = await ClusterUnderTest.with(office)
    for (const watcher of ['alice', 'ann', 'carol']) await cluster.watch(watcher, 'bob')
    await cluster.elapse(1_000)
    await cluster.setState('bob', 'online')
    await cluster.setState('bob', 'busy')
    await cluster.elapse(10_000)
    for (const watcher of ['alice', 'ann', 'carol']) {
      expect(cluster.statesShown(watcher, 'bob')).toEqual(['offline', 'online', 'busy'])
    }
    expect(cluster.links.published).toHaveLength(2)
  })

  it('use no bus for watchers of the same home (promise 9)', async () => {
    const cluster = await ClusterUnderTest.with(office)
    cluster.links.isBusDead = true
    await cluster.watch('carol', 'bob')
    await cluster.setState('bob', 'online')
    expect(cluster.statesShown('carol', 'bob')).toEqual(['offline', 'online'])
    expect(cluster.links.published).toEqual([])
  })

  it('lose no change between the answer to SUBSCRIBE and the report', async () => {
    const cluster = await ClusterUnderTest.with(office)
    cluster.links.callMs = 2_000
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'busy')
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'busy'])
  })

  it('count duplicates as one, and end with the last of them', async () => {
    const cluster = await ClusterUnderTest.with(office)
    const [first, second] = [await cluster.watch('alice', 'bob'), await cluster.watch('alice', 'bob')]
    await cluster.elapse(1_000)
    await cluster.unwatch(first)
    await cluster.setState('bob', 'online')
    await cluster.unwatch(second)
    await cluster.elapse(1_000)
    await cluster.setState('bob', 'busy')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'offline', 'online'])
    expect(cluster.links.published).toHaveLength(1)
    expect(cluster.home('oslo').watches.watchedBy(nodeOf('alice'))).toBe(0)
  })

  it('end when their lease does (RVP §5.1.2)', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob', 60)
    await cluster.elapse(61_000)
    await cluster.setState('bob', 'online')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline'])
    expect(cluster.home('oslo').watches.watchersOf(nodeOf('bob'))).toBe(0)
  })

  it('count as lag until their home has been told, and changes of who may see what do, too', async () => {
    const cluster = await ClusterUnderTest.with(office)
    const lag = () => cluster.home('hq').remoteWatches?.lag
    cluster.links.calls = () => 'lost'
    const watch = await cluster.watch('alice', 'bob')
    await cluster.watch('ann', 'bob')
    await cluster.watch('alice', 'carol')
    await cluster.elapse(10_000)
    expect(lag()).toBe(3)
    await cluster.unwatch(watch)
    expect(lag()).toBe(3)
    cluster.links.calls = () => 'answered'
    await cluster.elapse(5_000)
    expect(lag()).toBe(0)
  })

  it('are told again until somebody takes them, in the state of then', async () => {
    const cluster = await ClusterUnderTest.with(office)
    cluster.links.calls = () => 'lost'
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'online')
    await cluster.elapse(120_000)
    cluster.links.calls = () => 'answered'
    await cluster.elapse(4_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
  })

  it('are told once more without harm when only the answer was lost', async () => {
    const cluster = await ClusterUnderTest.with(office)
    cluster.links.calls = () => 'answer lost'
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'online')
    await cluster.elapse(10_000)
    cluster.links.calls = () => 'answered'
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
  })

  it('of more watchers than a batch holds are told in several', async () => {
    const aliases = Array.from({ length: 1_200 }, (_, i) => `user${i}`)
    const cluster = await ClusterUnderTest.with({ hq: ['bob'], oslo: aliases })
    for (const alias of aliases) await cluster.watch(alias, 'bob')
    await cluster.elapse(1_000)
    cluster.kill('oslo')
    await cluster.open('oslo')
    await cluster.elapse(5_000)
    expect(cluster.home('oslo').watches.watchersOf(nodeOf('bob'))).toBe(1_200)
    await cluster.block('bob', aliases)
    await cluster.setState('bob', 'online')
    await cluster.elapse(5_000)
    expect(aliases.filter((alias) => cluster.statesShown(alias, 'bob').includes('online'))).toEqual([])
  })

  it('outlast a full report whose last batch is told twice, since the answer to it was lost', async () => {
    const aliases = Array.from({ length: 1_200 }, (_, i) => `user${i}`)
    const cluster = await ClusterUnderTest.with({ hq: ['bob'], oslo: aliases })
    for (const alias of aliases) await cluster.watch(alias, 'bob')
    await cluster.elapse(1_000)
    cluster.kill('hq')
    let told = 0
    cluster.links.calls = (from) => (from === 'hq' && ++told === 3 ? 'answer lost' : 'answered')
    await cluster.open('hq')
    await cluster.elapse(10_000)
    expect(told).toBeGreaterThan(3)
    expect(cluster.home('oslo').watches.watchersOf(nodeOf('bob'))).toBe(1_200)
  })
})

describe('access lists across homes, RVP §5.7', () => {
  it('show whoever is shut out that the presentity leaves, and who is let in again its state', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'busy')
    await cluster.elapse(1_000)
    await cluster.block('bob', ['alice'])
    await cluster.setState('bob', 'away')
    await cluster.elapse(5_000)
    await cluster.block('bob', [])
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'busy', 'offline', 'away'])
  })

  it('keep a change from whoever was shut out before it, also while the homes hear each other over the bus only (promise 5)', async () => {
    const cluster = await ClusterUnderTest.with({ ...office, bergen: ['berit'] })
    await cluster.watch('alice', 'bob')
    await cluster.watch('berit', 'bob')
    await cluster.setState('bob', 'online')
    await cluster.elapse(1_000)
    cluster.links.calls = (from, to) => ([from, to].includes(parseHomeName('oslo')) ? 'lost' : 'answered')
    await cluster.block('bob', ['alice'])
    await cluster.setState('bob', 'busy')
    await cluster.elapse(30_000)
    expect(cluster.statesShown('alice', 'bob')).not.toContain('busy')
    expect(cluster.statesShown('berit', 'bob').at(-1)).toBe('busy')
    cluster.links.calls = () => 'answered'
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online', 'offline'])
  })

  it('hold when a home is taken over before it told who is shut out (promise 5)', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'online')
    await cluster.elapse(1_000)
    cluster.links.calls = () => 'lost'
    await cluster.block('bob', ['alice'])
    cluster.kill('hq')
    await cluster.open('hq')
    await cluster.setState('bob', 'busy')
    await cluster.elapse(10_000)
    cluster.links.calls = () => 'answered'
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online', 'offline'])
  })
})

describe('messages that the bus loses (promise 2)', () => {
  it('are noticed by the next beat, and asked for', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.elapse(5_000)
    cluster.links.loses = () => true
    await cluster.setState('bob', 'online')
    cluster.links.loses = () => false
    await cluster.elapse(1_500)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
  })

  it('are noticed by a hole in the sequence of any node of the home', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.watch('alice', 'carol')
    await cluster.elapse(5_000)
    cluster.links.loses = () => true
    await cluster.setState('bob', 'online')
    await cluster.setState('carol', 'online')
    cluster.links.loses = () => false
    await cluster.setState('carol', 'busy')
    await cluster.elapse(100)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
    expect(cluster.statesShown('alice', 'carol')).toEqual(['offline', 'busy'])
  })

  it('are asked for when the bus says that it may have lost some', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.elapse(5_000)
    cluster.links.loses = () => true
    await cluster.setState('bob', 'online')
    cluster.links.reportLoss()
    await cluster.elapse(100)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
  })

  it('may be all of them: homes ask each other every few seconds, and nobody looks offline', async () => {
    const cluster = await ClusterUnderTest.with(office)
    cluster.links.isBusDead = true
    await cluster.watch('alice', 'bob')
    for (const state of ['online', 'busy', 'away'] as const) {
      await cluster.setState('bob', state)
      await cluster.elapse(40_000)
      expect(cluster.statesShown('alice', 'bob').at(-1)).toBe(state)
    }
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online', 'busy', 'away'])
  })
})

describe('homes that are taken over, design.md "Holding a home"', () => {
  it('are told everything again when their users watch, and deliver what changed meanwhile', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.watch('alice', 'carol')
    await cluster.setState('carol', 'away')
    await cluster.elapse(200_000)
    cluster.kill('oslo')
    await cluster.setState('bob', 'online')
    await cluster.elapse(300_000)
    await cluster.open('oslo')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
    expect(cluster.statesShown('alice', 'carol')).toEqual(['offline', 'away'])
  })

  it('tell everything again when their nodes are watched, and what ended meanwhile is over', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob', 30)
    await cluster.watch('ann', 'bob')
    await cluster.elapse(1_000)
    cluster.kill('hq')
    await cluster.elapse(40_000)
    await cluster.open('hq')
    await cluster.elapse(1_000)
    await cluster.setState('bob', 'online')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline'])
    expect(cluster.statesShown('ann', 'bob')).toEqual(['offline', 'online'])
  })

  it('end the last watch that a home held of them, too', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob', 30)
    await cluster.elapse(1_000)
    cluster.kill('hq')
    await cluster.elapse(40_000)
    await cluster.open('hq')
    await cluster.elapse(5_000)
    expect(cluster.home('oslo').watches.watchersOf(nodeOf('bob'))).toBe(0)
  })

  it('are heard no more under their old epoch', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    const paused = cluster.home('hq')
    await cluster.elapse(1_000)
    await cluster.open('hq')
    await cluster.setState('bob', 'away')
    await cluster.elapse(5_000)
    paused.remoteWatches?.changed({ node: nodeOf('bob'), epoch: 1, sequence: 99, state: 'busy' })
    paused.remoteWatches?.close()
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'away'])
    const old: WatchReport = { from: parseHomeName('hq'), epoch: 1, number: 99, reports: [] }
    await expect(cluster.home('oslo').remotePresentities?.report(old)).rejects.toThrow('taken by another process')
  })

  it('show their nodes offline after a minute without a holder, and as they are when somebody holds them again', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'busy')
    await cluster.elapse(5_000)
    const unheard = () => cluster.home('oslo').remotePresentities?.unheard()
    await cluster.elapse(20_000)
    expect(unheard()).toEqual([])
    cluster.kill('hq')
    await cluster.elapse(55_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'busy'])
    expect(unheard()).toMatchObject([{ home: 'hq', isOffline: false }])
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'busy', 'offline'])
    expect(unheard()).toMatchObject([{ home: 'hq', isOffline: true }])
    await cluster.open('hq')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'busy', 'offline', 'busy'])
    expect(unheard()).toEqual([])
    expect(cluster.home('oslo').warnings).toEqual(['hq is silent', 'hq is heard'])
  })
})

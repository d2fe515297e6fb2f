import { describe, expect, it } from 'vitest'
import { parseHomeName } from './home-name.ts'
import type { RemoteWatch, WatchReport } from './home-peers.ts'
import { ClusterUnderTest } from './testing/cluster-under-test.ts'
import { callBackAt, nodeOf, settled } from './testing/domain-under-test.ts'

const office = { hq: ['bob', 'carol'], oslo: ['alice'], bergen: ['berit'] }

describe('users who move between homes', () => {
  it('hear their presentities at their new home, and once only', async () => {
    const cluster = await ClusterUnderTest.with(office)
    for (const presentity of ['bob', 'berit']) await cluster.watch('alice', presentity)
    await cluster.elapse(2_000)
    await cluster.move('alice', 'bergen')
    await cluster.elapse(2_000)
    await cluster.setState('bob', 'online')
    await cluster.setState('berit', 'busy')
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
    expect(cluster.statesShown('alice', 'berit')).toEqual(['offline', 'busy'])
    expect(cluster.home('oslo').watches.watchedBy(nodeOf('alice'))).toBe(0)
  })

  it('are watched by their former colleagues, and by those who were elsewhere', async () => {
    const cluster = await ClusterUnderTest.with(office)
    for (const watcher of ['carol', 'alice', 'berit']) await cluster.watch(watcher, 'bob')
    await cluster.elapse(2_000)
    await cluster.move('bob', 'bergen')
    await cluster.elapse(2_000)
    await cluster.setState('bob', 'online')
    await cluster.elapse(10_000)
    for (const watcher of ['carol', 'alice', 'berit']) {
      expect(cluster.statesShown(watcher, 'bob')).toEqual(['offline', 'online'])
    }
    expect(cluster.untruths()).toEqual([])
  })

  it('are told what they watch once their new home knows them, if the report came first', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    const berit = cluster.home('bergen')
    const watch: RemoteWatch = {
      watcher: nodeOf('alice'),
      receiver: nodeOf('alice'),
      href: nodeOf('bob'),
      watcherHref: nodeOf('alice'),
      permitted: true,
    }
    const report = { presentity: nodeOf('bob'), sequence: 0, state: 'offline', put: [watch], removed: [] } as const
    await berit.remotePresentities?.report({ from: parseHomeName('hq'), epoch: 1, number: 0, reports: [report] })
    expect(berit.watches.watchersOf(nodeOf('bob'))).toBe(0)
    await cluster.move('alice', 'bergen')
    await cluster.elapse(5_000)
    expect(berit.watches.watchersOf(nodeOf('bob'))).toBe(1)
  })
})

describe('reports of watches', () => {
  const report = (watchers: readonly string[], more: Partial<WatchReport> = {}): WatchReport => ({
    from: parseHomeName('hq'),
    epoch: 1,
    number: 99,
    reports: watchers.map((watcher) => ({
      presentity: nodeOf('bob'),
      sequence: 1,
      state: 'online',
      put: [
        {
          watcher: nodeOf(watcher),
          receiver: nodeOf(watcher),
          href: nodeOf('bob'),
          watcherHref: nodeOf(watcher),
          permitted: true,
          told: 'offline',
        },
      ],
      removed: [],
    })),
    ...more,
  })

  it('may come twice', async () => {
    const cluster = await ClusterUnderTest.with(office)
    const oslo = cluster.home('oslo')
    for (let i = 0; i < 2; i++) {
      expect(await oslo.remotePresentities?.report(report(['alice'], { number: 99 + i }))).toEqual({ epoch: 1 })
    }
    expect(cluster.statesShown('alice', 'bob')).toEqual(['online'])
  })

  it('that come late, after newer ones, change nothing (promise 5)', async () => {
    const cluster = await ClusterUnderTest.with(office)
    const { remotePresentities, watches } = cluster.home('oslo')
    const removed = [{ watcher: nodeOf('alice'), receiver: nodeOf('alice') }]
    const over = { presentity: nodeOf('bob'), sequence: 1, state: 'online', put: [], removed } as const
    await remotePresentities?.report(report([], { number: 100, reports: [over] }))
    await expect(remotePresentities?.report(report(['alice'], { number: 99 }))).rejects.toThrow('something newer')
    expect(watches.watchersOf(nodeOf('bob'))).toBe(0)
  })

  it('beyond what a watcher may watch are passed over, and counted', async () => {
    const cluster = await ClusterUnderTest.with(office, { maxWatchesPerWatcher: 1 })
    await cluster.watch('alice', 'bob')
    await cluster.watch('alice', 'carol')
    await cluster.elapse(2_000)
    await cluster.setState('bob', 'online')
    await cluster.setState('carol', 'online')
    await cluster.elapse(5_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'online'])
    expect(cluster.statesShown('alice', 'carol')).toEqual(['offline'])
    expect(cluster.home('oslo').warnings).toEqual([`${nodeOf('alice')} watches too many`])
  })

  it('of a full telling bring every state to streams, which begin anew with the process', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'away')
    await cluster.homeOf('alice').subscribe('alice', 'alice', {
      type: 'pragma/notify',
      target: { kind: 'stream', token: 'stream' },
    })
    await cluster.elapse(300_000)
    cluster.kill('oslo')
    await cluster.open('oslo')
    await cluster.elapse(5_000)
    expect(cluster.inboxes.at('stream').bodies.filter((body) => body.includes('<r:away/>'))).toHaveLength(1)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline', 'away'])
  })

  it('show who was shut out meanwhile that the presentity is offline', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.setState('bob', 'online')
    await cluster.elapse(200_000)
    cluster.kill('oslo')
    await cluster.block('bob', ['alice'])
    cluster.kill('hq')
    await cluster.open('hq')
    await cluster.open('oslo')
    await cluster.elapse(10_000)
    expect(cluster.statesShown('alice', 'bob').at(-1)).toBe('offline')
  })

  it('end with the home: nothing is delivered or asked after it is closed', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.elapse(2_000)
    const oslo = cluster.home('oslo')
    cluster.kill('oslo')
    await cluster.setState('bob', 'online')
    await cluster.elapse(5_000)
    await settled()
    expect(oslo.failures).toEqual([])
    expect(cluster.statesShown('alice', 'bob')).toEqual(['offline'])
  })
})

describe('receivers that are not the watcher, RVP §5.1.4', () => {
  it('hear of the presentity, also in another home', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.homeOf('bob').subscribe('carol', 'bob', { target: { kind: 'node', node: nodeOf('alice') } })
    await cluster.setState('bob', 'online')
    await cluster.elapse(2_000)
    expect(cluster.statesShown('alice', 'bob')).toEqual(['online'])
  })
})

describe('devices that appear after the watch', () => {
  it('hear what changes from then on', async () => {
    const cluster = await ClusterUnderTest.with(office)
    await cluster.watch('alice', 'bob')
    await cluster.elapse(2_000)
    await cluster.homeOf('alice').logIn('alice', callBackAt(99))
    await cluster.setState('bob', 'online')
    await cluster.elapse(1_000)
    expect(cluster.inboxes.at('10.0.0.1:99').bodies).toHaveLength(1)
  })
})

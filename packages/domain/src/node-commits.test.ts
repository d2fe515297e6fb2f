import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { callerOf, DomainUnderTest, nodeOf, settled } from './testing/domain-under-test.ts'

const alice = nodeOf('alice')

/** A domain in which `work` is refused though the store has done it. */
async function refusedButDone(domain: DomainUnderTest, work: () => Promise<unknown>): Promise<void> {
  domain.store.losesAnswers = true
  await expect(work()).rejects.toThrow(UnavailableError)
  domain.store.losesAnswers = false
}

async function later(domain: DomainUnderTest): Promise<void> {
  domain.clock.elapse(1000)
  await settled()
}

describe('a commit that was refused and done all the same', () => {
  it('is taken back: the next holder finds the state that was told (RVP §5.5)', async () => {
    const domain = new DomainUnderTest()
    await domain.setState('alice', 'online', { viewId: 1 })
    const before = await domain.store.stored(alice)
    await refusedButDone(domain, () => domain.setState('alice', 'busy', { viewId: 1 }))
    expect(await domain.store.stored(alice)).not.toEqual(before)
    await later(domain)
    expect(await domain.store.stored(alice)).toEqual(before)
  })

  it('is taken back with the next commit of its node', async () => {
    const domain = new DomainUnderTest()
    const { id } = await domain.subscribe('bob', 'alice')
    await refusedButDone(domain, () => domain.subscribe('carol', 'alice'))
    await domain.setState('alice', 'online')
    const stored = await domain.store.stored(alice)
    expect(stored?.subscriptions.map((one) => one.id)).toEqual([id])
    expect(stored).toEqual(domain.user('alice').stored)
    expect(domain.nodes.doubtful).toBe(0)
  })

  it('leaves a subscription that nobody has been given (RVP §5.1)', async () => {
    const domain = new DomainUnderTest()
    await refusedButDone(domain, () => domain.subscribe('bob', 'alice'))
    await later(domain)
    expect((await domain.store.stored(alice))?.subscriptions ?? []).toEqual([])
  })

  it('does not undo what was granted meanwhile (RVP §5.1.2)', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('alice')
    const { id } = await domain.subscribe('bob', 'alice', { lifetimeSeconds: 60 })
    await refusedButDone(domain, () => domain.subscriptions.renew(node, id, callerOf('bob'), 70))
    domain.store.hold()
    const renewing = domain.subscriptions.renew(node, id, callerOf('bob'), 600)
    await later(domain)
    domain.store.release()
    const renewed = await renewing
    await later(domain)
    expect((await domain.store.stored(alice))?.subscriptions).toEqual([renewed])
    expect(node.subscriptions.get(id)).toEqual(renewed)
    expect(domain.nodes.doubtful).toBe(0)
  })

  it('is taken back when a commit of another record is under way, once that is done', async () => {
    const domain = new DomainUnderTest()
    await refusedButDone(domain, () => domain.subscribe('bob', 'alice'))
    domain.store.hold()
    const setting = domain.setState('alice', 'online')
    const subscribing = domain.subscribe('carol', 'alice')
    domain.store.release()
    await Promise.all([setting, subscribing])
    await later(domain)
    expect(await domain.store.stored(alice)).toEqual(domain.user('alice').stored)
    expect(domain.nodes.doubtful).toBe(0)
  })

  it('is taken back as soon as the store answers again', async () => {
    const domain = new DomainUnderTest()
    await refusedButDone(domain, () => domain.subscribe('bob', 'alice'))
    domain.store.isAway = true
    for (let i = 0; i < 5; i++) await later(domain)
    expect(domain.nodes.doubtful).toBe(1)
    domain.store.isAway = false
    await later(domain)
    expect((await domain.store.stored(alice))?.subscriptions ?? []).toEqual([])
    expect(domain.nodes.doubtful).toBe(0)
  })

  it('is left alone once the home is closed: its next holder decides', async () => {
    const domain = new DomainUnderTest()
    await refusedButDone(domain, () => domain.subscribe('bob', 'alice'))
    domain.nodes.stop()
    const commits = domain.store.commits
    await later(domain)
    expect(domain.store.commits).toBe(commits)
  })

  it('is finished when it was an end that memory has already seen: a device that died (RVP §5.2)', async () => {
    const domain = new DomainUnderTest()
    await domain.setState('alice', 'online', { viewId: 1, leaseSeconds: 60 })
    domain.store.isAway = true
    domain.clock.elapse(61_000)
    await settled()
    domain.store.isAway = false
    await later(domain)
    expect((await domain.store.stored(alice))?.views).toEqual([])
  })
})

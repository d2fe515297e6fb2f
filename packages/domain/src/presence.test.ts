import { ForbiddenError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { callBackAt, DomainUnderTest, nodeOf, settled } from './testing/domain-under-test.ts'

const states = (changes: readonly { readonly state: string }[]) => changes.map(({ state }) => state)

describe('leases of a state, RVP §5.5', () => {
  it('run out exactly once, also when others are renewed (RVP §5.5.2)', async () => {
    const domain = new DomainUnderTest()
    const changes = domain.changesOf('bob')
    const first = await domain.setState('bob', 'online', { leaseSeconds: 60 })
    const second = await domain.setState('bob', 'online', { leaseSeconds: 120 })
    domain.clock.elapse(60_000)
    await settled()
    expect([...domain.user('bob').views.keys()]).toEqual([second.viewId])
    expect(first.viewId).not.toBe(second.viewId)
    domain.clock.elapse(600_000)
    await settled()
    expect(states(changes)).toEqual(['online', 'offline'])
    expect(await domain.store.stored(nodeOf('bob'))).toMatchObject({ views: [] })
  })

  it('renewed in time tell watchers nothing (RVP §5.5.2)', async () => {
    const domain = new DomainUnderTest()
    const changes = domain.changesOf('bob')
    const { viewId } = await domain.setState('bob', 'away', { leaseSeconds: 60 })
    for (let i = 0; i < 5; i++) {
      domain.clock.elapse(50_000)
      await settled()
      expect(await domain.setState('bob', 'away', { viewId, leaseSeconds: 60 })).toMatchObject({ viewId })
    }
    expect(states(changes)).toEqual(['away'])
  })

  it('are no longer than the longest, and Exchange’s when none is asked for (RVP §5.5.2)', async () => {
    const domain = new DomainUnderTest({ maxViewSeconds: 3600 })
    const node = domain.user('bob')
    const change = { state: 'online', defaultState: 'offline', leaseSeconds: undefined, viewId: undefined } as const
    expect(await node.queue.run(() => domain.presence.set(node, change, undefined))).toMatchObject({
      leaseSeconds: 1200,
    })
    expect(await domain.setState('bob', 'online', { leaseSeconds: 99_999 })).toMatchObject({ leaseSeconds: 3600 })
  })

  it('fall back to offline whatever default was asked for (promise 2)', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const change = { state: 'busy', defaultState: 'online', leaseSeconds: 10, viewId: undefined } as const
    await node.queue.run(() => domain.presence.set(node, change, undefined))
    domain.clock.elapse(10_000)
    await settled()
    expect(node.published).toBe('offline')
  })

  it('fade only to an earlier end, and come back when they are renewed', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const changes = domain.changesOf('bob')
    const { viewId } = await domain.setState('bob', 'online', { leaseSeconds: 20 })
    await domain.presence.fade(node, viewId, 60_000)
    expect(node.views.get(viewId)?.expiresAt).toBe(domain.clock.now() + 20_000)
    await domain.presence.fade(node, viewId, 15_000)
    domain.clock.elapse(14_000)
    await domain.setState('bob', 'online', { viewId, leaseSeconds: 60 })
    domain.clock.elapse(30_000)
    await settled()
    expect(states(changes)).toEqual(['online'])
  })
})

describe('views, RVP §5.5', () => {
  it('share busy, and keep idle and offline for themselves', async () => {
    const domain = new DomainUnderTest()
    const changes = domain.changesOf('bob')
    const desk = await domain.setState('bob', 'online')
    const phone = await domain.setState('bob', 'online')
    await domain.setState('bob', 'busy', { viewId: desk.viewId })
    await domain.setState('bob', 'idle', { viewId: phone.viewId })
    await domain.setState('bob', 'offline', { viewId: desk.viewId })
    await domain.setState('bob', 'online', { viewId: phone.viewId })
    await domain.setState('bob', 'offline', { viewId: phone.viewId })
    expect(states(changes)).toEqual(['online', 'busy', 'idle', 'online', 'offline'])
    expect(changes.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
  })

  it('are new when they are named and gone [R25]', async () => {
    const domain = new DomainUnderTest()
    const { viewId } = await domain.setState('bob', 'online', { viewId: 4711 })
    expect(viewId).not.toBe(4711)
    expect(await domain.setState('bob', 'busy', { viewId })).toMatchObject({ viewId })
  })

  it('are bounded', async () => {
    const domain = new DomainUnderTest({ maxViewsPerUser: 2 })
    const { viewId } = await domain.setState('bob', 'online')
    await domain.setState('bob', 'online')
    await expect(domain.setState('bob', 'online')).rejects.toThrow(ForbiddenError)
    await domain.setState('bob', 'away', { viewId })
    expect(domain.user('bob').published).toBe('away')
  })

  it('that one device sets one after the other are one', async () => {
    const domain = new DomainUnderTest()
    const { device } = await domain.logIn('bob', callBackAt(1))
    const first = await domain.setState('bob', 'online', { device })
    const second = await domain.setState('bob', 'busy', { device })
    expect(second.viewId).toBe(first.viewId)
    await domain.setState('bob', 'offline', { device })
    expect(device.signedOff).toBe(true)
    await domain.setState('bob', 'online', { device })
    expect(device.signedOff).toBe(false)
  })

  it('changed by two requests at once are changed one after the other', async () => {
    const domain = new DomainUnderTest()
    const changes = domain.changesOf('bob')
    const { viewId } = await domain.setState('bob', 'online')
    domain.store.hold()
    const both = Promise.all([
      domain.setState('bob', 'busy', { viewId }),
      domain.setState('bob', 'offline', { viewId }),
    ])
    domain.store.release()
    await both
    expect(states(changes)).toEqual(['online', 'busy', 'offline'])
    expect(await domain.store.stored(nodeOf('bob'))).toMatchObject({ views: [] })
  })
})

describe('presence when the store is away', () => {
  it('stays in memory as it is stored, and nobody hears of what was not', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const changes = domain.changesOf('bob')
    const { viewId } = await domain.setState('bob', 'online')
    const before = { views: new Map(node.views), head: node.head }
    domain.store.isAway = true
    await expect(domain.setState('bob', 'busy', { viewId })).rejects.toThrow(UnavailableError)
    await expect(domain.setState('bob', 'away')).rejects.toThrow(UnavailableError)
    await expect(domain.setState('bob', 'offline', { viewId })).rejects.toThrow(UnavailableError)
    expect({ views: node.views, head: node.head }).toEqual(before)
    expect(states(changes)).toEqual(['online'])
  })

  it('still ends when its lease does: nobody stays online past it (promise 2)', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    await domain.setState('bob', 'online', { leaseSeconds: 60 })
    domain.store.isAway = true
    domain.clock.elapse(60_000)
    await settled()
    expect(node.published).toBe('offline')
    expect(node.views.size).toBe(0)
    expect(domain.failures).toHaveLength(1)
  })
})

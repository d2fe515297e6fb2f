import { NotHeldError } from '@parley/http'
import { ForbiddenError, NotFoundError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster } from './testing/cluster-under-test.ts'
import type { HomeUnderTest } from './testing/home-under-test.ts'
import { alice, bob, carol, group, hq, login, oslo, read, setNote, setState, watch } from './testing/requests.ts'
import { settled } from './testing/settled.ts'

describe('watches over a move', () => {
  it('go on, of the one who moved and by the one who moved', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await cluster.oslo.handle(login(carol, { 'Call-Back': 'http://10.0.0.1:7003/' }))
    await cluster.hq.handle(watch(alice, bob))
    await cluster.oslo.handle(watch(alice, carol))
    await cluster.rest()
    // The new home is heard before the old one knows that the move is done.
    cluster.onStep = (step) => (step.endsWith('after move') ? settled() : undefined)
    for (const [from, to] of [
      [cluster.hq, cluster.oslo],
      [cluster.oslo, cluster.hq],
    ] as const) {
      await from.moveNode(alice, to.name)
      await cluster.rest()
      for (const state of ['online', 'busy']) {
        await cluster.route(setState(alice, state))
        await cluster.route(setState(bob, state))
        await cluster.route(setState(carol, state))
        await cluster.rest()
        const last = (home: HomeUnderTest, port: number, of: string): string | undefined =>
          home.heard(`10.0.0.1:${port}`).findLast((body) => body.includes(of))
        expect(last(cluster.hq, 7002, alice)).toContain(`<r:${state}`)
        expect(last(cluster.oslo, 7003, alice)).toContain(`<r:${state}`)
        expect(last(to, 7001, bob)).toContain(`<r:${state}`)
        expect(last(to, 7001, carol)).toContain(`<r:${state}`)
      }
    }
    expect([...cluster.hq.failures, ...cluster.oslo.failures]).toEqual([])
  })

  it('of a group at a Call-Back go on when the subscriber moves, and end when it is disabled', async () => {
    const cluster = await Cluster.open()
    await cluster.hq.handle(setNote(alice, 'a', group))
    await cluster.hq.handle(watch(carol, group, { 'Call-Back': 'http://10.0.0.1:7009/' }))
    await cluster.map.entries.move(carol, oslo, hq)
    await cluster.rest()
    expect(cluster.hq.inboxes.open).toContain('10.0.0.1:7009')
    await cluster.map.entries.remove([carol])
    await cluster.rest()
    expect(cluster.hq.inboxes.open).not.toContain('10.0.0.1:7009')
  })

  it('of a group at a Call-Back end when the subscriber was disabled while nobody served', async () => {
    const cluster = await Cluster.open()
    await cluster.hq.handle(setNote(alice, 'a', group))
    await cluster.hq.handle(watch(carol, group, { 'Call-Back': 'http://10.0.0.1:7009/' }))
    cluster.hq.kill()
    await cluster.map.entries.remove([carol])
    await cluster.hq.open()
    await cluster.rest()
    expect(cluster.hq.inboxes.open).toEqual([])
  })
})

describe('groups and resources in a cluster', () => {
  it('are made at one home only, and whoever comes second is sent there', async () => {
    const cluster = await Cluster.open()
    const outcomes = await Promise.allSettled([
      cluster.hq.handle(setNote(alice, 'a', group)),
      cluster.oslo.handle(setNote(carol, 'c', group)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(outcomes[1]).toMatchObject({ reason: expect.any(NotHeldError) })
    expect(await cluster.oslo.stored(group)).toBeUndefined()
    expect(cluster.map.entries.locate(group)).toEqual({ node: group, kind: 'group', home: hq, displayName: '' })
  })

  it('are not there when the home died before it stored them, and can be made again', async () => {
    const cluster = await Cluster.open()
    cluster.onStep = (step) => {
      if (step === 'hq-1 after claim') cluster.hq.kill()
    }
    await expect(cluster.hq.handle(setNote(alice, 'a', group))).rejects.toThrow()
    cluster.onStep = () => {}
    await cluster.hq.open()
    await expect(cluster.hq.handle(read(alice, group))).rejects.toThrow(NotFoundError)
    await expect(cluster.oslo.handle(read(alice, group))).rejects.toThrow(NotHeldError)
    await cluster.hq.handle(setNote(alice, 'again', group))
    expect((await cluster.ask(read(alice, group))).xml).toContain('>again<')
  })

  it('are made by nobody while the map is away', async () => {
    const cluster = await Cluster.open()
    cluster.map.isAway = true
    await expect(cluster.hq.handle(setNote(alice, 'a', group))).rejects.toThrow(UnavailableError)
    expect(await cluster.hq.stored(group)).toBeUndefined()
  })

  it('move with their owner, properties and subscribers', async () => {
    const cluster = await Cluster.open()
    await cluster.hq.handle(setNote(alice, 'a', group))
    await cluster.hq.handle(watch(alice, group))
    await cluster.hq.moveNode(group, oslo)
    const answer = await cluster.ask(read(alice, group))
    expect(answer).toMatchObject({ home: oslo, xml: expect.stringContaining('>a<') })
    await expect(cluster.oslo.handle(setNote(bob, 'b', group))).rejects.toThrow(ForbiddenError)
    expect((await cluster.oslo.stored(group))?.subscriptions).toMatchObject([{ subscriber: alice }])
    await cluster.oslo.open()
    expect((await cluster.ask(read(alice, group))).home).toBe(oslo)
  })
})

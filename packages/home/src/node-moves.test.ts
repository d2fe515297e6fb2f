import { parseHomeName } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import { ForbiddenError, NotFoundError, PreconditionFailedError, UnavailableError } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cluster } from './testing/cluster-under-test.ts'
import type { HomeUnderTest } from './testing/home-under-test.ts'
import {
  acl,
  alice,
  bob,
  carol,
  group,
  hq,
  login,
  message,
  oslo,
  read,
  setNote,
  setState,
  urlOf,
  watch,
} from './testing/requests.ts'
import { settled } from './testing/settled.ts'

/** Everything that alice has is at `home`, and nowhere else. */
async function expectWholeAt(cluster: Cluster, home: string, { note = 'first', stream = '' } = {}): Promise<void> {
  const answer = await cluster.ask(read(alice))
  expect(answer.home).toBe(home)
  expect(answer.xml).toContain(`>${note}<`)
  expect(answer.xml).toContain('<r:busy')
  expect((await cluster.ask(acl(alice))).xml).toContain(carol)
  const { xml } = await cluster.ask({ by: alice, method: 'SUBSCRIPTIONS', node: alice })
  for (const subscriber of [alice, bob, carol]) expect(xml).toContain(subscriber)
  const [here, there] = home === hq ? [cluster.hq, cluster.oslo] : [cluster.oslo, cluster.hq]
  expect(here.inboxes.open).toEqual(expect.arrayContaining([stream, '10.0.0.1:7001'].filter(Boolean)))
  if (there.isAlive) expect(there.inboxes.open).not.toContain('10.0.0.1:7001')
  await here.handle(message(bob, alice, 'are you there?'))
  expect(here.inboxes.at('10.0.0.1:7001')?.bodies.at(-1)).toContain('are you there?')
}

describe('moving a user who is online', () => {
  it('takes everything along, and leaves nothing behind', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    await expectWholeAt(cluster, hq, { stream })
    await cluster.hq.moveNode(alice, oslo)
    await cluster.rest()
    await expectWholeAt(cluster, oslo, { stream })
    expect(await cluster.hq.stored(alice)).toBeUndefined()
  })

  it('lets the streams end without a word, so that the devices come back', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    await cluster.hq.moveNode(alice, oslo)
    expect(cluster.hq.inboxes.at(stream)?.state).toBe('moved')
    expect(cluster.hq.inboxes.at('10.0.0.1:7001')?.state).toBe('moved')
    expect(cluster.oslo.inboxes.open).toContain(stream)
  })

  it('goes on with leases where they were', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.clock.elapse(1_000_000)
    await cluster.hq.moveNode(alice, oslo)
    await settled()
    expect((await cluster.ask(read(alice))).xml).toContain('<r:busy')
    cluster.clock.elapse(200_000)
    await settled()
    expect((await cluster.ask(read(alice))).xml).toContain('<r:offline')
    expect(cluster.hq.failures).toEqual([])
  })

  it('is idempotent, and refuses what cannot be', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await cluster.hq.moveNode(alice, hq)
    await cluster.hq.moveNode(alice, oslo)
    await cluster.hq.moveNode(alice, oslo)
    await expectWholeAt(cluster, oslo)
    await expect(cluster.hq.moveNode(carol, hq)).rejects.toThrow(NotHeldError)
    await expect(cluster.hq.moveNode(urlOf('nobody'), oslo)).rejects.toThrow(NotFoundError)
    await expect(cluster.hq.moveNode(bob, parseHomeName('rome-1'))).rejects.toThrow(UnavailableError)
    expect((await cluster.ask(read(bob))).home).toBe(hq)
  })

  it('can go there and back, with what changed in between', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    await cluster.hq.moveNode(alice, oslo)
    await cluster.oslo.handle(setNote(alice, 'second'))
    await cluster.oslo.moveNode(alice, hq)
    await cluster.rest()
    await expectWholeAt(cluster, hq, { note: 'second', stream })
    await cluster.hq.moveNode(alice, oslo)
    await cluster.rest()
    await expectWholeAt(cluster, oslo, { note: 'second', stream })
  })

  it('goes wrong without harm when the new home is away', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    cluster.oslo.kill()
    await expect(cluster.hq.moveNode(alice, oslo)).rejects.toThrow()
    await cluster.hq.handle(setNote(alice, 'second'))
    await cluster.oslo.open()
    await expectWholeAt(cluster, hq, { note: 'second', stream })
  })

  it.each(['dropsAnswers', 'isAway'] as const)(
    'is served by the old home no more while nobody knows whether the map was changed (%s)',
    async (fault) => {
      const cluster = await Cluster.open()
      const { stream } = await cluster.signAliceIn()
      cluster.onStep = (step) => {
        if (step !== 'hq-1 before move') return
        cluster.map[fault] = true
        cluster.onStep = () => {}
      }
      const moving = cluster.hq.moveNode(alice, oslo)
      await cluster.rest()
      expect(cluster.map.isAway).toBe(true)
      await expect(cluster.hq.handle(setNote(alice, 'second'))).rejects.toThrow(NotHeldError)
      cluster.map.isAway = false
      await cluster.rest()
      await moving
      await expectWholeAt(cluster, oslo, { stream })
    },
  )

  it('does not sign off users who moved, and does sign off those who are disabled', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await cluster.hq.moveNode(alice, oslo)
    await cluster.map.entries.remove([alice])
    await cluster.rest()
    expect(cluster.oslo.inboxes.open).toEqual([])
    await cluster.map.entries.remove([bob])
    await cluster.rest()
    expect(cluster.hq.inboxes.open).toEqual([])
  })
})

describe('a move that is cut short', () => {
  /** Every moment at which a process can die: before and after each thing that either home asks of somebody else. */
  async function stepsOfMove(): Promise<readonly string[]> {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.steps.length = 0
    await cluster.hq.moveNode(alice, oslo)
    await cluster.rest()
    return [...cluster.steps]
  }

  it('has the steps that the tests below cut at', async () => {
    expect(await stepsOfMove()).toEqual([
      'hq-1 before adopt',
      'oslo-1 before commit',
      'oslo-1 after commit',
      'hq-1 after adopt',
      'hq-1 before commit',
      'hq-1 after commit',
      'hq-1 before move',
      'hq-1 after move',
      'hq-1 before commit',
      'hq-1 after commit',
    ])
  })

  const victims: readonly [string, (cluster: Cluster) => readonly HomeUnderTest[]][] = [
    ['the old home', ({ hq }) => [hq]],
    ['the new home', ({ oslo }) => [oslo]],
    ['both', ({ hq, oslo }) => [hq, oslo]],
  ]
  const cuts = victims.flatMap(([who, homes]) => Array.from({ length: 10 }, (_, at) => ({ who, homes, at })))

  it.each(cuts)('by the death of $who at step $at leaves the node whole at one home', async ({ homes, at }) => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    let count = 0
    cluster.onStep = () => {
      if (count++ === at) for (const home of homes(cluster)) home.kill()
    }
    const moving = cluster.hq.moveNode(alice, oslo).then(
      () => 'moved',
      () => 'not moved',
    )
    await cluster.rest()
    cluster.onStep = () => {}
    for (const home of homes(cluster)) await home.open()
    await cluster.rest()
    const outcome = await moving
    const home = cluster.map.entries.locate(alice)?.home ?? ''
    if (outcome === 'moved') expect(home).toBe(oslo)
    await expectWholeAt(cluster, home, { stream })
    // Copies that are left over are removed in the end, and no others.
    cluster.clock.elapse(1_200_000)
    await cluster.rest()
    const stored = await Promise.all([cluster.hq.stored(alice), cluster.oslo.stored(alice)])
    expect(stored.map((node) => node !== undefined)).toEqual([home === hq, home === oslo])
    // It can be moved from there, with the newest of everything.
    const [from, to] = home === hq ? [cluster.hq, cluster.oslo] : [cluster.oslo, cluster.hq]
    await from.handle(setNote(alice, 'later'))
    await from.moveNode(alice, to.name)
    await cluster.rest()
    expect((await cluster.ask(read(alice))).xml).toContain('>later<')
  })
})

describe('the two homes of a move', () => {
  it('keep the copy while the new home is taken by another process', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    cluster.onStep = async (step) => {
      if (step !== 'hq-1 before move') return
      await cluster.oslo.open()
      cluster.clock.elapse(5_000)
      await settled()
    }
    await cluster.hq.moveNode(alice, oslo)
    await expectWholeAt(cluster, oslo, { stream })
  })

  it('do not start a node from nothing that comes while its home opens', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const copy = await cluster.hq.stored(alice)
    if (copy) await cluster.oslo.adopt(copy)
    cluster.hq.kill()
    cluster.onStep = async (step) => {
      if (step !== 'oslo-1 loaded') return
      await cluster.map.entries.move(alice, hq, oslo)
      await settled()
    }
    await cluster.oslo.open()
    expect((await cluster.oslo.handle(read(alice))).xml).toContain('>first<')
    await cluster.hq.open()
    await expectWholeAt(cluster, oslo, { stream })
  })

  it('open no device of a node that has left', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.onStep = (step) => {
      if (step === 'hq-1 after move') cluster.hq.kill()
    }
    void cluster.hq.moveNode(alice, oslo).catch(() => {})
    await cluster.rest()
    expect(await cluster.hq.stored(alice)).toBeDefined()
    await cluster.hq.open()
    await cluster.rest()
    expect(cluster.hq.inboxes.at('10.0.0.1:7001')).toBeUndefined()
    expect(cluster.hq.inboxes.open).toEqual(['10.0.0.1:7002'])
  })

  it('take no copy of a node that lives there, however late it comes', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const old = await cluster.hq.stored(alice)
    await cluster.hq.moveNode(alice, oslo)
    await cluster.oslo.handle(setNote(alice, 'second'))
    if (old) await expect(cluster.oslo.adopt(old)).rejects.toThrow(PreconditionFailedError)
    await cluster.oslo.open()
    await expectWholeAt(cluster, oslo, { note: 'second', stream })
  })

  it('do not move what another process may have changed meanwhile', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.onStep = async (step) => {
      if (step === 'hq-1 after adopt') await cluster.hq.store.commit(bob, [], 99)
    }
    await expect(cluster.hq.moveNode(alice, oslo)).rejects.toThrow(UnavailableError)
    expect(cluster.map.entries.locate(alice)?.home).toBe(hq)
  })

  it('follow a map that was changed by hand, and forget nothing at once', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    await cluster.map.entries.move(alice, hq, oslo)
    await cluster.rest()
    await expect(cluster.hq.handle(read(alice))).rejects.toThrow(NotHeldError)
    expect(cluster.hq.inboxes.open).toEqual(['10.0.0.1:7002'])
    await cluster.map.entries.move(alice, oslo, hq)
    await cluster.rest()
    await expectWholeAt(cluster, hq, { stream })
  })

  it('serve what they have when the map cannot say where it lives, until it can', async () => {
    const cluster = await Cluster.open()
    await cluster.hq.handle(setNote(alice, 'a', group))
    cluster.hq.kill()
    await cluster.map.entries.move(group, hq, oslo)
    cluster.map.isAwayAfterList = true
    await cluster.hq.open()
    expect((await cluster.hq.handle(read(alice, group))).xml).toContain('>a<')
    cluster.map.isAway = false
    await cluster.rest()
    await expect(cluster.hq.handle(read(alice, group))).rejects.toThrow(NotHeldError)
    expect(await cluster.hq.stored(group)).toBeDefined()
  })
})

describe('watches over a move', () => {
  it('go on, of the one who moved and by the one who moved', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await cluster.oslo.handle(login(carol, { 'Call-Back': 'http://10.0.0.1:7003/' }))
    await cluster.hq.handle(watch(alice, bob))
    await cluster.oslo.handle(watch(alice, carol))
    await cluster.rest()
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

describe('requests during a move', () => {
  it('are held back from the moment of the copy on, and lost by neither home', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    const inside = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    cluster.onStep = async (step) => {
      if (step !== 'hq-1 before adopt') return
      inside.resolve()
      await go.promise
    }
    const moving = cluster.hq.moveNode(alice, oslo)
    await inside.promise
    for (const request of [setNote(alice, 'late'), read(alice), message(bob, alice), watch(bob, alice)]) {
      await expect(cluster.hq.handle(request)).rejects.toThrow(NotHeldError)
    }
    expect((await cluster.hq.handle(read(bob))).status).toBe(207)
    go.resolve()
    await moving
    expect((await cluster.ask(read(alice))).xml).toContain('>first<')
  })

  it('are let finish before the copy is made', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const go = Promise.withResolvers<void>()
    cluster.onStep = async (step) => {
      if (step === 'hq-1 before commit') await go.promise
    }
    const changing = cluster.hq.handle(setNote(alice, 'just before'))
    const moving = cluster.hq.moveNode(alice, oslo)
    await settled()
    expect(cluster.steps).not.toContain('hq-1 before adopt')
    go.resolve()
    await Promise.all([changing, moving])
    await cluster.rest()
    await expectWholeAt(cluster, oslo, { note: 'just before', stream })
  })

  it('stop the move when they do not finish', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const go = Promise.withResolvers<void>()
    cluster.onStep = async (step) => {
      if (step === 'hq-1 before commit') await go.promise
    }
    const changing = cluster.hq.handle(setNote(alice, 'slow'))
    const moving = expect(cluster.hq.moveNode(alice, oslo)).rejects.toThrow(UnavailableError)
    await cluster.rest()
    await moving
    go.resolve()
    await changing
    await expectWholeAt(cluster, hq, { note: 'slow', stream })
  })

  it('are answered by one home each, and what was acknowledged stays, in whatever order all happens', async () => {
    const delays = fc.array(fc.nat(4), { minLength: 7, maxLength: 40 })
    const work = fc.array(fc.constantFrom('note', 'message', 'move', 'wait'), { minLength: 4, maxLength: 16 })
    await fc.assert(
      fc.asyncProperty(delays, work, async (turns, steps) => {
        const cluster = await Cluster.open()
        const { stream } = await cluster.signAliceIn()
        let at = 0
        const pause = async (): Promise<void> => {
          for (let turn = turns[at++ % turns.length] ?? 0; turn > 0; turn--) await settled()
        }
        cluster.onStep = pause
        let note = 'first'
        let notes: Promise<void> = Promise.resolve()
        const running = steps.map(async (step, index) => {
          await pause()
          if (step === 'note') {
            const set = notes.then(async () => {
              await cluster.route(setNote(alice, `note-${index}`))
              note = `note-${index}`
            })
            notes = set
            await set
          } else if (step === 'message') {
            await cluster.route(message(bob, alice, `message-${index}.`))
          } else if (step === 'move') {
            const [from, to] = index % 2 === 0 ? [cluster.hq, oslo] : [cluster.oslo, hq]
            // NOTE: refused when she is not there, or moves already.
            await from.moveNode(alice, to).catch((err: unknown) => expect(err).toMatchObject({ status: 503 }))
          }
        })
        await Promise.all(running)
        cluster.onStep = () => {}
        await cluster.rest()
        for (const [index, step] of steps.entries()) {
          if (step !== 'message') continue
          const heard = [cluster.hq, cluster.oslo].flatMap(({ heard }) => heard('10.0.0.1:7001'))
          expect(heard.filter((body) => body.includes(`message-${index}.`))).toHaveLength(1)
        }
        await expectWholeAt(cluster, cluster.map.entries.locate(alice)?.home ?? '', { note, stream })
        expect([...cluster.hq.failures, ...cluster.oslo.failures]).toEqual([])
      }),
      { numRuns: 150 },
    )
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

import { parseHomeName } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import { PreconditionFailedError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster, expectWholeAt } from './testing/cluster-under-test.ts'
import type { HomeUnderTest } from './testing/home-under-test.ts'
import { alice, bob, group, hq, oslo, read, setNote } from './testing/requests.ts'
import { settled } from './testing/settled.ts'

/** Moments at which a move can be cut short. */
const stepCount = 12

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
      'hq-1 before mark',
      'hq-1 after mark',
      'hq-1 before commit',
      'hq-1 after commit',
      'hq-1 before adopt',
      'oslo-1 before commit',
      'oslo-1 after commit',
      'hq-1 after adopt',
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
  const cuts = victims.flatMap(([who, homes]) => Array.from({ length: stepCount }, (_, at) => ({ who, homes, at })))

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

describe('a move by a process that is stopped in the middle, and wakes up when another one has taken its home', () => {
  const moments = Array.from({ length: stepCount }, (_, at) => at)

  it.each(moments)('undoes nothing that the other one acknowledged (stopped at step %i)', async (at) => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const { woken, wake } = stop(cluster, (_, count) => count === at)
    const moving = Promise.allSettled([cluster.hq.moveNode(alice, oslo)])
    await cluster.rest()
    const notice = await cluster.hq.takeOver()
    await cluster.route(setNote(alice, 'second'))
    wake()
    await woken
    await cluster.rest()
    notice()
    await moving
    await cluster.rest()
    await expectWholeAt(cluster, cluster.map.entries.locate(alice)?.home ?? '', { note: 'second', stream })
  })

  it.each(moments)('undoes nothing when the other one moves the node, too (stopped at step %i)', async (at) => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const { woken, wake } = stop(cluster, (_, count) => count === at)
    const moving = Promise.allSettled([cluster.hq.moveNode(alice, oslo)])
    await cluster.rest()
    const notice = await cluster.hq.takeOver()
    await cluster.route(setNote(alice, 'second'))
    cluster.onStep = async (step) => {
      if (step !== 'hq-1 before move') return
      cluster.onStep = () => {}
      wake()
      await woken
      for (let turn = 0; turn < 5; turn++) await settled()
    }
    const again = cluster.hq.moveNode(alice, oslo)
    await cluster.rest()
    wake()
    await cluster.rest()
    notice()
    await Promise.all([again, moving])
    await cluster.rest()
    await expectWholeAt(cluster, oslo, { note: 'second', stream })
  })

  it('cannot replace the copy that the other one has sent', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    const { woken, wake } = stop(cluster, (step) => step === 'hq-1 before adopt')
    const moving = Promise.allSettled([cluster.hq.moveNode(alice, oslo)])
    await cluster.rest()
    const notice = await cluster.hq.takeOver()
    await cluster.hq.handle(setNote(alice, 'second'))
    cluster.onStep = async (step) => {
      if (step !== 'hq-1 before move') return
      wake()
      await woken
      await settled()
    }
    await cluster.hq.moveNode(alice, oslo)
    notice()
    await moving
    await cluster.rest()
    await expectWholeAt(cluster, oslo, { note: 'second', stream })
  })

  it('opens the home only when the map can be asked about a node that was about to move', async () => {
    const cluster = await Cluster.open()
    const { stream } = await cluster.signAliceIn()
    cluster.onStep = (step) => {
      if (step === 'hq-1 before adopt') cluster.hq.kill()
    }
    void cluster.hq.moveNode(alice, oslo).catch(() => {})
    await cluster.rest()
    cluster.map.isAwayAfterList = true
    await expect(cluster.hq.open()).rejects.toThrow(UnavailableError)
    cluster.map.isAway = false
    await cluster.hq.open()
    await expectWholeAt(cluster, hq, { stream })
  })

  it('leaves no mark with a node that stays', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.oslo.kill()
    await expect(cluster.hq.moveNode(alice, oslo)).rejects.toThrow()
    await cluster.rest()
    expect((await cluster.hq.stored(alice))?.head).not.toHaveProperty('moving')
  })

  /** Lets the first step that is wanted wait until somebody wakes its process. */
  function stop(cluster: Cluster, isWanted: (step: string, count: number) => boolean) {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    let count = 0
    cluster.onStep = async (step) => {
      if (isWanted(step, count++)) await woken
    }
    return { woken, wake }
  }
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
      if (step === 'hq-1 before commit') await cluster.hq.store.commit(bob, [], 99)
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

  it.each([
    ['disabled', (cluster: Cluster) => cluster.map.entries.remove([alice])],
    ['moved by hand', (cluster: Cluster) => cluster.map.entries.move(alice, hq, parseHomeName('rome-1'))],
  ])('let go of a user who is %s in the middle of a move', async (_, change) => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    cluster.onStep = async (step) => {
      if (step === 'hq-1 before move') await change(cluster)
    }
    await expect(cluster.hq.moveNode(alice, oslo)).rejects.toThrow(UnavailableError)
    await cluster.rest()
    expect([...cluster.hq.inboxes.open, ...cluster.oslo.inboxes.open]).toEqual(['10.0.0.1:7002'])
  })
})

import { parseHomeName } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import { NotFoundError, UnavailableError } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cluster, expectWholeAt } from './testing/cluster-under-test.ts'
import { alice, bob, carol, hq, message, oslo, read, setNote, urlOf, watch } from './testing/requests.ts'
import { settled } from './testing/settled.ts'

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

describe('requests during a move', () => {
  it('find at neither home a node that is about to leave or to come, so that streams are not called unknown', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    const seen = new Set<string>()
    const look = () => [cluster.hq, cluster.oslo].map(({ home }) => home.serves(alice))
    cluster.onStep = (step) => {
      seen.add(`${step} ${look()}`)
    }
    expect(look()).toEqual([true, false])
    await cluster.hq.moveNode(alice, oslo)
    expect(seen).toContain('hq-1 before mark false,false')
    expect(seen).toContain('hq-1 before move false,false')
    await cluster.rest()
    expect(look()).toEqual([false, true])
  })

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

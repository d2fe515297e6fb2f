import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { KeepersUnderTest, type ProcessUnderTest } from './testing/keeper-under-test.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')
const rome = parseHomeName('rome-1')
const all = [hq, oslo, rome]
const never = AbortSignal.any([])

async function started(process: ProcessUnderTest): Promise<ProcessUnderTest> {
  await process.keeper.start()
  return process
}

/** `ben` holds hq-1, which nobody who runs names; the log is empty. */
async function standby(given: Partial<Parameters<KeepersUnderTest['keeper']>[1]> = {}) {
  const cluster = new KeepersUnderTest()
  const ben = cluster.keeper('ben', { standbyFor: [hq], ...given })
  await ben.keeper.start()
  await cluster.elapse(12_000)
  cluster.log.length = 0
  return { cluster, ben }
}

function asked(cluster: KeepersUnderTest): string[] {
  return cluster.log.filter((line) => line.includes('asks for'))
}

describe('handing a home back to the process that names it', () => {
  it('happens once that one has run for some seconds, as planned: closed, given up, and taken at once', async () => {
    const { cluster, ben } = await standby()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await cluster.elapse(2_900)
    expect([ben.serves(hq), asked(cluster)]).toEqual([1, []])
    await cluster.elapse(1_100)
    expect([ben.serves(hq), ann.serves(hq)]).toEqual([undefined, 2])
    expect(cluster.log.filter((line) => !line.startsWith('ann asks'))).toEqual([
      'ben closes hq-1@1',
      'ben hands over hq-1@1',
      'ann opens hq-1@2',
      'ann holds hq-1@2',
    ])
    expect(asked(cluster)).toEqual(['ann asks for hq-1@1: handed-over'])
    await cluster.elapse(60_000)
    expect(ann.serves(hq)).toBe(2)
    expect(asked(cluster)).toHaveLength(1)
  })

  it('leaves no gap of more than four seconds, also when a request takes long', async () => {
    const { cluster, ben } = await standby()
    void ben.keeper.get(hq)?.requests.run(() => new Promise<void>(() => {}))
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    let gapMs = 0
    while (ann.serves(hq) === undefined) {
      if (ben.serves(hq) === undefined) gapMs += 100
      await cluster.elapse(100)
    }
    expect(gapMs).toBeGreaterThan(0)
    expect(gapMs).toBeLessThanOrEqual(4_200)
  })

  it('goes to the process that names it, not to an idle one that stands by', async () => {
    const { cluster } = await standby()
    await started(cluster.keeper('cid', { standbyFor: [hq] }))
    const ann = await started(cluster.keeper('ann', { own: [hq], standbyFor: [oslo] }))
    await cluster.elapse(5_000)
    expect(ann.serves(hq)).toBe(2)
  })

  it('ends with each home at its own process when all are started anew, one after the other', async () => {
    const cluster = new KeepersUnderTest()
    const name = (generation: number, at: number): string => `process-${at}-${generation}`
    const running = new Map<number, ProcessUnderTest>()
    for (const [at, home] of all.entries()) {
      running.set(at, await started(cluster.keeper(name(0, at), { own: [home], standbyFor: all })))
    }
    for (const [at, home] of all.entries()) {
      await running.get(at)?.keeper[Symbol.asyncDispose]()
      await cluster.elapse(2_000)
      running.set(at, await started(cluster.keeper(name(1, at), { own: [home], standbyFor: all })))
      await cluster.elapse(1_000)
    }
    await cluster.elapse(20_000)
    for (const [at, home] of all.entries()) expect(running.get(at)?.serves(home)).toBeGreaterThan(0)
    const held = await cluster.leases.leases()
    expect(held.map(({ home, holder }) => [home, holder.id]).toSorted()).toEqual(
      all.map((home, at) => [home, name(1, at)]).toSorted(),
    )
    expect(
      running
        .values()
        .toArray()
        .flatMap(({ keeper }) => keeper.held().map(({ own }) => own)),
    ).toEqual([true, true, true])
  })

  it('takes the home back when the one that asked for it dies at that moment', async () => {
    const { cluster, ben } = await standby()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await cluster.elapse(2_500)
    ann.connection.fault = 'hangs'
    const lease = await cluster.leases.lease(hq)
    expect(await ben.keeper.handBack(hq, lease?.epoch ?? 0)).toBe('handed-over')
    await cluster.elapse(3_500)
    expect(ben.serves(hq)).toBe(2)
  })
})

describe('a holder that is asked for a home', () => {
  it('keeps one that it names itself, and is asked less and less often', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await started(cluster.keeper('ben', { own: [hq], standbyFor: [hq] }))
    await cluster.elapse(600_000)
    expect(ann.serves(hq)).toBe(1)
    expect(new Set(asked(cluster))).toEqual(new Set(['ben asks for hq-1@1: own']))
    expect(asked(cluster).length).toBeLessThan(10)
  })

  it('says so when it does not hold it, not in that epoch, or hands it over already', async () => {
    const { cluster, ben } = await standby()
    expect(await ben.keeper.handBack(oslo, 1)).toBe('not-held')
    expect(await ben.keeper.handBack(hq, 7)).toBe('not-held')
    const request = Promise.withResolvers<void>()
    const answered = ben.keeper.get(hq)?.requests.run(() => request.promise)
    const drained = ben.keeper.drain(never)
    expect(await ben.keeper.handBack(hq, 1)).toBe('not-held')
    request.resolve()
    await Promise.all([answered, drained])
    expect(cluster.log).toEqual(['ben closes hq-1@1', 'ben hands over hq-1@1'])
  })

  it('keeps it while nobody could take it', async () => {
    for (const fault of ['cut', 'hangs', 'loses-answers'] as const) {
      const { cluster, ben } = await standby()
      ben.connection.fault = fault
      const answer = ben.keeper.handBack(hq, 1)
      await cluster.elapse(2_000)
      expect(await answer).toBe('leases-away')
      expect(ben.serves(hq)).toBe(1)
    }
  })

  it('keeps it when it wakes from a pause in which somebody else has taken it', async () => {
    const { cluster, ben } = await standby()
    ben.clock.stop()
    await cluster.elapse(6_000)
    await cluster.leases.take(hq, { id: 'cid', clusterUrl: 'http://cid.example.com' }, 60_000)
    expect(await ben.keeper.handBack(hq, 1)).toBe('not-held')
    ben.clock.runOverdue()
    expect(await ben.keeper.handBack(hq, 1)).toBe('not-held')
  })

  it('hands it over less and less often to one that dies of it again and again', async () => {
    const { cluster, ben } = await standby()
    const moves: number[] = []
    for (let run = 0; run < 40; run += 1) {
      const ann = await started(cluster.keeper('ann', { own: [hq] }))
      let ranMs = 0
      for (; ranMs < 20_000 && ann.serves(hq) === undefined; ranMs += 500) await cluster.elapse(500)
      if (ann.serves(hq) !== undefined) moves.push(cluster.clock.now())
      // As by kill -9: nothing is released.
      ann.connection.fault = 'hangs'
      ann.clock.stop()
      for (let waitedMs = 0; waitedMs < 10_000 && ben.serves(hq) === undefined; waitedMs += 500)
        await cluster.elapse(500)
      expect(ben.serves(hq)).toBeGreaterThan(0)
    }
    const pauses = moves.slice(1).map((at, index) => at - (moves[index] ?? 0))
    expect(moves.length).toBeGreaterThan(3)
    expect(moves.length).toBeLessThan(10)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    expect(pauses.at(-1)).toBeGreaterThan(120_000)
  })
})

describe('a process that others hold a home for', () => {
  it('asks for nothing while the leases do not answer it, and not at once when they do again', async () => {
    const { cluster, ben } = await standby()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await cluster.elapse(1_000)
    ann.connection.fault = 'cut'
    await cluster.elapse(30_000)
    ann.connection.fault = 'none'
    await cluster.elapse(2_500)
    expect([asked(cluster), ben.serves(hq)]).toEqual([[], 1])
    await cluster.elapse(3_000)
    expect(ann.serves(hq)).toBe(2)
  })

  it('asks for nothing just after it was stopped', async () => {
    const { cluster } = await standby()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    ann.clock.stop()
    await cluster.elapse(30_000)
    ann.clock.runOverdue()
    await cluster.elapse(2_500)
    expect(asked(cluster)).toEqual([])
    await cluster.elapse(2_000)
    expect(ann.serves(hq)).toBe(2)
  })

  it('goes on trying when the holder does not know the question, as one of an older version', async () => {
    const { cluster } = await standby()
    const askBack = async (): Promise<never> => {
      throw new Error('a node of the cluster answered 404')
    }
    await started(cluster.keeper('ann', { own: [hq], askBack }))
    await cluster.elapse(60_000)
    expect(new Set(asked(cluster))).toEqual(new Set(['ann asks for hq-1@1: no answer']))
    expect(asked(cluster)).toHaveLength(4)
  })

  it('asks later for a home that it could not open', async () => {
    const { cluster, ben } = await standby()
    let times = 0
    const open = async (): Promise<never> => {
      times += 1
      throw new Error('the store is corrupt')
    }
    await started(cluster.keeper('ann', { own: [hq], open }))
    await cluster.elapse(120_000)
    expect(ben.serves(hq)).toBeGreaterThan(1)
    expect(times).toBeLessThan(8)
  })

  it('leaves a home that it cannot open, time after time, to who serves it', { timeout: 60_000 }, async () => {
    const { cluster, ben } = await standby()
    const open = async (): Promise<never> => {
      throw new Error('the store is corrupt')
    }
    await started(cluster.keeper('ann', { own: [hq], open }))
    await cluster.elapse(3_000_000)
    const before = ben.serves(hq)
    await cluster.elapse(3_600_000)
    expect((ben.serves(hq) ?? 0) - (before ?? 0)).toBeLessThanOrEqual(2)
    expect(asked(cluster).length).toBeLessThanOrEqual(4)
    const told = cluster.log.filter((line) => line === 'ann cannot open hq-1')
    expect(told).toHaveLength(asked(cluster).length)
  })

  it('asks for nothing that it stands by for, and nothing once it stops', async () => {
    const { cluster, ben } = await standby()
    await started(cluster.keeper('cid', { standbyFor: [hq] }))
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await ann.keeper.drain(never)
    await cluster.elapse(20_000)
    expect([asked(cluster), ben.serves(hq)]).toEqual([[], 1])
  })
})

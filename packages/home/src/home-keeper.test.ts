import { type HomeHolder, parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { silentHomeKeeperEvents } from './home-keeper-events.ts'
import { InFlight } from './in-flight.ts'
import { KeepersUnderTest, type OpenedHome, type ProcessUnderTest } from './testing/keeper-under-test.ts'
import { settled } from './testing/settled.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')
const rome = parseHomeName('rome-1')
const never = AbortSignal.any([])

describe('taking homes', () => {
  it('takes the own homes that are free, and has them open when it has started', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq, oslo] })
    await ann.keeper.start()
    expect(ann.keeper.held()).toEqual([
      { home: hq, epoch: 1, own: true, serving: true },
      { home: oslo, epoch: 1, own: true, serving: true },
    ])
    expect(ann.keeper.get(hq)?.requests.count).toBe(0)
    expect(ann.keeper.get(rome)).toBeUndefined()
  })

  it('leaves to its holder what somebody holds, for as long as that one renews', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const ben = await started(cluster.keeper('ben', { own: [hq], standbyFor: [hq] }))
    await cluster.elapse(60_000)
    expect(ann.serves(hq)).toBe(1)
    expect(ben.keeper.held()).toEqual([])
  })

  it('tells once who holds one of its own homes', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq, oslo] }))
    const told: string[] = []
    const homeElsewhere = (home: string, { clusterUrl }: HomeHolder) => void told.push(`${home} at ${clusterUrl}`)
    const events = { ...silentHomeKeeperEvents, homeElsewhere }
    await started(cluster.keeper('ben', { own: [hq], standbyFor: [oslo], events }))
    await cluster.elapse(20_000)
    expect(told).toEqual(['hq-1 at http://ann.example.com'])
    await ann.keeper.drain(never)
    await cluster.elapse(2_000)
    expect(told).toHaveLength(1)
  })

  it('takes the home of a dead holder within 10 s', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    await cluster.elapse(4_000)
    ann.clock.stop()
    await cluster.elapse(7_000)
    expect(ben.serves(hq)).toBe(2)
  })

  it('leaves an orphan to the process that holds the fewest homes', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const loaded = await started(cluster.keeper('ben', { own: [oslo, rome], standbyFor: [hq] }))
    await cluster.elapse(500)
    const idle = await started(cluster.keeper('cid', { standbyFor: [hq] }))
    await cluster.elapse(500)
    await ann.keeper.drain(never)
    await cluster.elapse(1_000)
    expect(idle.serves(hq)).toBe(2)
    expect(loaded.serves(hq)).toBeUndefined()
  })

  it('shares the homes of a dead holder among those that stand by', async () => {
    const cluster = new KeepersUnderTest()
    const homes = Array.from({ length: 8 }, (_, number) => parseHomeName(`home-${number}`))
    const ann = await started(cluster.keeper('ann', { own: homes }))
    const idle = ['ben', 'cid'].map((id) => cluster.keeper(id, { standbyFor: homes }))
    for (const each of idle) await each.keeper.start()
    await cluster.elapse(4_000)
    ann.clock.stop()
    await cluster.elapse(8_000)
    const held = idle.map(({ keeper }) => keeper.held().length)
    expect(held[0]).toBeGreaterThan(1)
    expect(held[1]).toBeGreaterThan(1)
    expect(Math.max(...held) + Math.min(...held)).toBe(8)
  })

  it('leaves a home that it never saw held to its owner for a while', async () => {
    const cluster = new KeepersUnderTest()
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    await cluster.elapse(9_000)
    expect(ben.serves(hq)).toBeUndefined()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    expect(ann.serves(hq)).toBe(1)
    await cluster.elapse(20_000)
    expect(ann.serves(hq)).toBe(1)
  })

  it('takes such a home in the end', async () => {
    const cluster = new KeepersUnderTest()
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    await cluster.elapse(12_000)
    expect(ben.serves(hq)).toBe(1)
  })

  it('stands by for every home that is listed, and keeps the list while it cannot be had', async () => {
    const cluster = new KeepersUnderTest()
    let listable = true
    const listed = [hq]
    const standbyFor = async () => {
      if (!listable) throw new Error('no list')
      return [...listed]
    }
    const ann = await started(cluster.keeper('ann', { own: [hq, oslo] }))
    const ben = await started(cluster.keeper('ben', { standbyFor }))
    listed.push(oslo)
    await cluster.elapse(2_000)
    listable = false
    await ann.keeper.drain(never)
    await cluster.elapse(3_000)
    expect([ben.serves(hq), ben.serves(oslo)]).toEqual([2, 2])
    expect(cluster.log.filter((line) => line.includes('list'))).toEqual(['ben cannot list homes'])
  })

  it('frees what it took without hearing of it, and takes it again', async () => {
    const cluster = new KeepersUnderTest()
    await cluster.leases.take(hq, { id: 'ann', clusterUrl: 'http://ann.example.com' }, 600_000)
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    await settled()
    expect(ann.serves(hq)).toBe(2)
  })

  it('gives a home up that it cannot open, says so once, and tries again, less and less often', async () => {
    const cluster = new KeepersUnderTest()
    const opened: number[] = []
    const open = async (): Promise<never> => {
      opened.push(cluster.clock.now())
      throw new Error('the store is corrupt')
    }
    const ann = await started(cluster.keeper('ann', { own: [hq], open }))
    expect(await cluster.leases.lease(hq)).toBeUndefined()
    expect(ann.keeper.held()).toEqual([])
    await cluster.elapse(30_000)
    expect(cluster.log).toEqual(['ann cannot open hq-1'])
    const waits = opened.slice(1).map((at, index) => at - (opened[index] ?? 0))
    expect(waits.length).toBeGreaterThanOrEqual(3)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBeGreaterThan(4 * (waits[0] ?? 0))
  })
})

describe('keeping homes', () => {
  it('goes on serving while the leases cannot be asked, and says so once', async () => {
    for (const fault of ['cut', 'hangs', 'loses-answers'] as const) {
      const cluster = new KeepersUnderTest()
      const ann = await started(cluster.keeper('ann', { own: [hq] }))
      ann.connection.fault = fault
      for (let second = 0; second < 60; second += 1) {
        await cluster.elapse(1_000)
        expect(ann.serves(hq)).toBe(1)
      }
      ann.connection.fault = 'none'
      await cluster.elapse(3_000)
      expect(ann.serves(hq)).toBe(1)
      expect(cluster.log.slice(2)).toEqual(['ann cannot ask the leases', 'ann can ask the leases again'])
    }
  })

  it('stops at once when it hears that somebody else took the home meanwhile', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    ann.connection.fault = 'cut'
    await cluster.elapse(8_000)
    expect([ann.serves(hq), ben.serves(hq)]).toEqual([1, 2])
    ann.connection.fault = 'none'
    await cluster.elapse(1_600)
    expect(ann.keeper.held()).toEqual([])
    expect(cluster.log).toContain('ann loses hq-1@1')
    expect(cluster.log).toContain('ann closes hq-1@1')
  })

  it('serves nothing after it was stopped for long, until it knows that the home is still its own', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    ann.clock.stop()
    await cluster.elapse(6_000)
    expect(ann.serves(hq)).toBeUndefined()
    expect(ann.keeper.held()).toEqual([{ home: hq, epoch: 1, own: true, serving: false }])
    ann.clock.runOverdue()
    expect(ann.serves(hq)).toBeUndefined()
    await settled()
    expect(ann.serves(hq)).toBe(1)
  })

  it('serves nothing after it was stopped for long and somebody else took the home', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    ann.connection.fault = 'hangs' // a stopped process hears nothing
    ann.clock.stop()
    await cluster.elapse(8_000)
    ann.connection.fault = 'none'
    expect(ben.serves(hq)).toBe(2)
    expect(ann.serves(hq)).toBeUndefined()
    ann.clock.runOverdue()
    expect(ann.serves(hq)).toBeUndefined()
    await settled()
    expect(ann.keeper.held()).toEqual([])
    expect(cluster.log.slice(-2)).toEqual(['ann loses hq-1@1', 'ann closes hq-1@1'])
  })

  it('does not trust a failure from before it was stopped, only one from after', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    ann.connection.fault = 'hangs'
    await cluster.elapse(2_000)
    ann.clock.stop()
    await cluster.elapse(20_000)
    ann.connection.fault = 'cut'
    expect(ann.serves(hq)).toBeUndefined()
    ann.clock.runOverdue() // the renewal from before is given up, and the next one is sent
    expect(ann.serves(hq)).toBeUndefined()
    await settled()
    expect(ann.serves(hq)).toBe(1)
  })

  it('closes what it lost while it opened', async () => {
    const cluster = new KeepersUnderTest()
    const opening = Promise.withResolvers<void>()
    const log: string[] = []
    const ann = cluster.keeper('ann', {
      own: [hq],
      open: async () => {
        await opening.promise
        return {
          requests: undefined as never,
          idle: async () => {},
          [Symbol.asyncDispose]: async () => void log.push('closed'),
        }
      },
    })
    const starting = ann.keeper.start()
    await settled()
    ann.connection.fault = 'cut'
    await cluster.elapse(6_000)
    expect(await cluster.leases.take(hq, { id: 'ben', clusterUrl: 'http://ben.example.com' }, 60_000)).toBe(2)
    ann.connection.fault = 'none'
    await cluster.elapse(2_000)
    opening.resolve()
    await starting
    expect(ann.keeper.held()).toEqual([])
    expect(log).toEqual(['closed'])
    expect(cluster.log).not.toContain('ann holds hq-1@1')
  })
})

describe('handing homes over', () => {
  it('refuses new requests, finishes those under way, closes, and only then gives the home up', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const ben = await started(cluster.keeper('ben', { standbyFor: [hq] }))
    const request = Promise.withResolvers<void>()
    const answered = ann.keeper.get(hq)?.requests.run(() => request.promise)
    cluster.log.length = 0
    const drained = ann.keeper.drain(never)
    expect(ann.keeper.get(hq)).toBeUndefined()
    await cluster.elapse(20_000) // longer than the lease, which it renews meanwhile
    expect(cluster.log).toEqual([])
    request.resolve()
    await Promise.all([answered, drained])
    await cluster.elapse(200)
    expect(new Set(cluster.log)).toEqual(
      new Set(['ann closes hq-1@1', 'ann hands over hq-1@1', 'ben opens hq-1@2', 'ben holds hq-1@2']),
    )
    expect(cluster.log.indexOf('ann closes hq-1@1')).toBeLessThan(cluster.log.indexOf('ben opens hq-1@2'))
    expect(ben.serves(hq)).toBe(2)
    await ann.keeper[Symbol.asyncDispose]()
  })

  it('gives up at the deadline what has not finished', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    const held = ann.keeper.get(hq)
    void held?.requests.run(() => new Promise<void>(() => {}))
    const deadline = new AbortController()
    const drained = ann.keeper.drain(deadline.signal)
    await cluster.elapse(1_000)
    expect(await cluster.leases.lease(hq)).toBeDefined()
    deadline.abort()
    await drained
    expect(await cluster.leases.lease(hq)).toBeUndefined()
    expect(held?.requests.count).toBe(1)
    expect(cluster.log).toContain('ann closes hq-1@1')
  })

  it('hands one home over, and leaves it to others for 10 s', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq, oslo] }))
    const request = Promise.withResolvers<void>()
    const answered = ann.keeper.get(hq)?.requests.run(() => request.promise)
    const handedOver = ann.keeper.handOver(hq, never)
    await cluster.elapse(8_000)
    request.resolve()
    expect(await handedOver).toBe(true)
    await answered
    expect(await ann.keeper.handOver(rome, never)).toBe(false)
    await cluster.elapse(9_000)
    expect([ann.serves(hq), ann.serves(oslo)]).toEqual([undefined, 1])
    await cluster.elapse(2_000)
    expect(ann.serves(hq)).toBe(2)
  })

  it('ends with its homes when the leases cannot be asked; they run out', async () => {
    const cluster = new KeepersUnderTest()
    const ann = await started(cluster.keeper('ann', { own: [hq] }))
    ann.connection.fault = 'cut'
    await ann.keeper.drain(never)
    expect(ann.keeper.held()).toEqual([])
    expect(cluster.log).toContain('ann closes hq-1@1')
    await cluster.elapse(5_000)
    expect(await cluster.leases.lease(hq)).toBeUndefined()
  })

  it('asks nothing more once it is closed, also when closed twice or while it takes a home', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq], standbyFor: [oslo] })
    const starting = ann.keeper.start()
    await ann.keeper[Symbol.asyncDispose]()
    await ann.keeper[Symbol.asyncDispose]()
    await starting
    const { length } = ann.connection.asked
    await cluster.elapse(60_000)
    expect(ann.connection.asked).toHaveLength(length)
    expect(await cluster.leases.leases()).toEqual([])
    expect(ann.keeper.held()).toEqual([])
  })

  it('gives a home up that does not open in time, tries again later, and closes what opens after all', async () => {
    const cluster = new KeepersUnderTest()
    const opened: ((home: OpenedHome) => void)[] = []
    const open = () => new Promise<OpenedHome>((resolve) => opened.push(resolve))
    const ann = cluster.keeper('ann', { own: [hq], open })
    const starting = ann.keeper.start()
    await cluster.elapse(59_000)
    expect((await cluster.leases.lease(hq))?.epoch).toBe(1)
    await cluster.elapse(1_500)
    await starting
    expect(await cluster.leases.lease(hq)).toBeUndefined()
    expect(cluster.log).toEqual(['ann cannot open hq-1'])
    const requests = new InFlight()
    opened[0]?.({
      requests,
      idle: (deadline) => requests.idle(deadline),
      [Symbol.asyncDispose]: async () => void cluster.log.push('closed late'),
    })
    await cluster.elapse(2_000)
    expect(cluster.log).toEqual(['ann cannot open hq-1', 'closed late'])
    expect(ann.keeper.held()).toEqual([{ home: hq, epoch: 2, own: true, serving: false }])
    expect(opened).toHaveLength(2)
  })
})

async function started(process: ProcessUnderTest): Promise<ProcessUnderTest> {
  await process.keeper.start()
  return process
}

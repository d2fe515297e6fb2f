import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'
import { KeepersUnderTest, type OpenedHome } from './testing/keeper-under-test.ts'
import { settled } from './testing/settled.ts'

const hq = parseHomeName('hq-1')
const never = AbortSignal.any([])

describe('whether a keeper may be sure of a home', () => {
  it('is so while the home opens, serves, and is handed over, until it is given up', async () => {
    const cluster = new KeepersUnderTest()
    const opening = Promise.withResolvers<OpenedHome>()
    const { keeper } = cluster.keeper('ann', { own: [hq], open: () => opening.promise })
    const starting = keeper.start()
    await cluster.elapse(20_000)
    expect([keeper.get(hq), keeper.holds(hq, 1)]).toEqual([undefined, true])
    const requests = new InFlight()
    const idle = (deadline: AbortSignal) => requests.idle(deadline)
    opening.resolve({ requests, idle, [Symbol.asyncDispose]: async () => {} })
    await starting
    expect([keeper.get(hq)?.requests, keeper.holds(hq, 1)]).toEqual([requests, true])
    const request = Promise.withResolvers<void>()
    const answered = requests.run(() => request.promise)
    const drained = keeper.drain(never)
    await cluster.elapse(20_000)
    expect([keeper.get(hq), keeper.holds(hq, 1)]).toEqual([undefined, true])
    request.resolve()
    await Promise.all([answered, drained])
    expect(keeper.holds(hq, 1)).toBe(false)
  })

  it('is so in no other epoch than that of the lease', async () => {
    const cluster = new KeepersUnderTest()
    const { keeper } = cluster.keeper('ann', { own: [hq] })
    expect(keeper.holds(hq, 1)).toBe(false)
    await keeper.start()
    expect([keeper.holds(hq, 0), keeper.holds(hq, 1), keeper.holds(hq, 2)]).toEqual([false, true, false])
  })

  it('is so while the store is known to be away', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq] })
    await ann.keeper.start()
    ann.connection.fault = 'cut'
    await cluster.elapse(60_000)
    expect(ann.keeper.holds(hq, 1)).toBe(true)
  })

  it('is not so after it was stopped for long, until it hears that the lease is still its own', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq] })
    await ann.keeper.start()
    ann.clock.stop()
    await cluster.elapse(6_000)
    expect(ann.keeper.holds(hq, 1)).toBe(false)
    ann.clock.runOverdue()
    expect(ann.keeper.holds(hq, 1)).toBe(false)
    await settled()
    expect(ann.keeper.holds(hq, 1)).toBe(true)
  })

  it('is never so again after somebody else took the home meanwhile', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq] })
    await ann.keeper.start()
    ann.clock.stop()
    await cluster.elapse(6_000)
    expect(await cluster.leases.take(hq, { id: 'ben', clusterUrl: 'http://ben.example.com' }, 60_000)).toBe(2)
    ann.clock.runOverdue()
    expect(ann.keeper.holds(hq, 1)).toBe(false)
    await cluster.elapse(3_000)
    expect([ann.keeper.holds(hq, 1), ann.keeper.holds(hq, 2)]).toEqual([false, false])
  })
})

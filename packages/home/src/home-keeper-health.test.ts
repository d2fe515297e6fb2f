import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'
import { KeepersUnderTest, type OpenedHome } from './testing/keeper-under-test.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')

function opened(close: () => Promise<void>): OpenedHome {
  const requests = new InFlight()
  return { requests, idle: (deadline) => requests.idle(deadline), [Symbol.asyncDispose]: close }
}

describe('what a keeper misses of its own homes', () => {
  it('is what could not be opened, until it can', async () => {
    const cluster = new KeepersUnderTest()
    let works = false
    const open = async (): Promise<OpenedHome> => {
      if (!works) throw new Error('the store is corrupt')
      return opened(async () => {})
    }
    const ann = cluster.keeper('ann', { own: [hq], open })
    await ann.keeper.start()
    expect(ann.keeper.missing()).toEqual([hq])
    works = true
    await cluster.elapse(10_000)
    expect(ann.keeper.missing()).toEqual([])
  })

  it('is nothing that others hold, nor what it once had', async () => {
    const cluster = new KeepersUnderTest()
    const ben = cluster.keeper('ben', { own: [oslo] })
    await ben.keeper.start()
    const ann = cluster.keeper('ann', { own: [hq, oslo], standbyFor: [] })
    await ann.keeper.start()
    expect(ann.keeper.missing()).toEqual([])
    ann.connection.fault = 'cut'
    await ben.keeper[Symbol.asyncDispose]()
    await cluster.elapse(30_000)
    expect(ann.keeper.missing()).toEqual([])
  })

  it('is everything when the leases could not be asked yet', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq] })
    ann.connection.fault = 'cut'
    await ann.keeper.start()
    expect(ann.keeper.missing()).toEqual([hq])
  })
})

describe('a home that does not end', () => {
  async function ending(): Promise<{ cluster: KeepersUnderTest; ann: ReturnType<KeepersUnderTest['keeper']> }> {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { standbyFor: [hq], open: async () => opened(() => new Promise(() => {})) })
    await ann.keeper.start()
    await cluster.elapse(12_000)
    void ann.keeper.handBack(hq, 1)
    await cluster.elapse(100_000)
    return { cluster, ann }
  }

  it('is told after two minutes', async () => {
    const { cluster, ann } = await ending()
    expect(ann.keeper.stuck()).toEqual([])
    await cluster.elapse(30_000)
    expect(ann.keeper.stuck()).toEqual([hq])
  })

  it('is not told while the leases are away, which a new start would not mend', async () => {
    const { cluster, ann } = await ending()
    ann.connection.fault = 'cut'
    await cluster.elapse(600_000)
    expect(ann.keeper.stuck()).toEqual([])
  })

  it('is not told of homes that serve, however long', async () => {
    const cluster = new KeepersUnderTest()
    const ann = cluster.keeper('ann', { own: [hq] })
    await ann.keeper.start()
    await cluster.elapse(600_000)
    expect(ann.keeper.stuck()).toEqual([])
  })
})

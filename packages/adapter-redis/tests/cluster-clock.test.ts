import { ManualClock, systemClock } from '@parley/domain'
import { startRedis } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { ClusterClock } from '../src/index.ts'
import { connect, EventRecord } from './open-redis.ts'

const everyMs = 30_000

describe('The clock of a cluster', () => {
  it('goes by Redis on a machine that is two minutes late, and says so once', async () => {
    await using server = await startRedis()
    const events = new EventRecord()
    const connection = await connect({ url: server.url }, { events })
    const late = { ...systemClock, now: () => systemClock.now() - 120_000 }
    await using clock = await ClusterClock.start(connection, late)
    await using again = await ClusterClock.start(connection, late)
    expect(Math.abs(clock.now() - systemClock.now())).toBeLessThan(1000)
    expect(Math.abs(again.now() - clock.now())).toBeLessThan(1000)
    expect(events.told).toEqual([
      'connected',
      expect.stringMatching(/^problem: .* differs from that of Redis by 120 s: set up NTP/),
    ])
  })

  it('keeps the last difference while Redis is away', async () => {
    await using server = await startRedis()
    const events = new EventRecord()
    const connection = await connect({ url: server.url }, { events })
    const base = new ManualClock()
    await using clock = await ClusterClock.start(connection, base)
    const before = clock.now()
    await server.kill()
    await events.seen(/^disconnected/)
    base.elapse(everyMs * 3)
    expect(clock.now() - before).toBe(everyMs * 3)
  })
})

import { setImmediate as turnEnd } from 'node:timers/promises'
import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { ClusterClock } from './cluster-clock.ts'
import { RedisCondition } from './redis-events.ts'

const start = 1_700_000_000_000
const everyMs = 30_000

describe('ClusterClock', () => {
  it('shows the time of Redis from the start, however wrong the machine’s is', async () => {
    for (const aheadMs of [0, 120_000, -120_000]) {
      const { clock } = await setUp({ aheadMs })
      expect(clock.now()).toBe(start + aheadMs)
    }
  })

  it('takes the answer that came fastest, and counts half of its way', async () => {
    const { clock } = await setUp({ waysMs: [300, 40, 10, 500, 80] })
    expect(clock.now()).toBe(start + 930)
  })

  it('makes small corrections at a tenth of the pace of time, in both directions', async () => {
    for (const aheadMs of [500, -500]) {
      const { clock, base, server } = await setUp({})
      server.aheadMs = aheadMs
      base.elapse(everyMs)
      await server.asked(5)
      const before = clock.now()
      expect(before).toBe(start + everyMs)
      base.elapse(1000)
      expect(clock.now() - before).toBe(1000 + aheadMs / 5)
      base.elapse(4000)
      expect(clock.now() - before).toBe(5000 + aheadMs)
      base.elapse(1000)
      expect(clock.now() - before).toBe(6000 + aheadMs)
    }
  })

  it('makes large corrections at once', async () => {
    const { clock, base, server } = await setUp({})
    server.aheadMs = -5000
    base.elapse(everyMs)
    await server.asked(5)
    expect(clock.now()).toBe(start + everyMs - 5000)
  })

  it('corrects nothing that may come from the way of the answer', async () => {
    const { clock, base, server } = await setUp({})
    server.aheadMs = 40
    server.waysMs = [100, 100, 100, 100, 100]
    base.elapse(everyMs)
    await server.asked(5)
    const before = clock.now()
    base.elapse(1000)
    expect(clock.now() - before).toBe(1000)
  })

  it('is not moved by a jump of the machine’s clock', async () => {
    const { clock, base } = await setUp({})
    base.jumpMs = 3_600_000
    base.elapse(10)
    expect(clock.now()).toBe(start + 10)
  })

  it('goes on with the last difference while Redis is away, and asks again', async () => {
    const { clock, base, server } = await setUp({ aheadMs: 120_000 })
    server.isAway = true
    base.elapse(everyMs)
    await server.asked(1)
    expect(clock.now()).toBe(start + 120_000 + everyMs)
    server.isAway = false
    server.aheadMs = 60_000
    base.elapse(everyMs)
    await server.asked(5)
    expect(clock.now()).toBe(start + 60_000 + 2 * everyMs)
  })

  it('reports once that the machine’s clock is wrong by more than five seconds, and again when it was right meanwhile', async () => {
    const { base, server, problems } = await setUp({ aheadMs: 5000 })
    const reported: number[] = [problems.length]
    for (const aheadMs of [5001, 120_000, 0, -6000]) {
      server.aheadMs = aheadMs
      base.elapse(everyMs)
      await server.asked(5)
      reported.push(problems.length)
    }
    expect(reported).toEqual([0, 1, 1, 1, 2])
    expect(problems[0]).toMatch(/differs from that of Redis by 5 s: set up NTP/)
  })

  it('asks no more once it is disposed of', async () => {
    const { clock, base, server } = await setUp({})
    await clock[Symbol.asyncDispose]()
    base.elapse(10 * everyMs)
    expect(server.questions).toBe(5)
  })
})

/** A clock whose time of day the administrator moves. */
class JumpingClock extends ManualClock {
  jumpMs = 0

  override now(): number {
    return super.now() + this.jumpMs
  }
}

/** Tells the time of `base`, some way off. */
class TimeServerUnderTest {
  readonly condition: RedisCondition
  readonly #base: ManualClock
  aheadMs = 0
  waysMs: number[] = []
  isAway = false
  questions = 0
  /** Those of the start. */
  #counted = 5

  constructor(base: ManualClock, problems: string[]) {
    this.#base = base
    const problem = (detail: string): void => void problems.push(detail)
    this.condition = new RedisCondition({ connected: () => undefined, disconnected: () => undefined, problem })
  }

  async time(): Promise<number> {
    this.questions++
    if (this.isAway) throw new Error('away')
    const wayMs = this.waysMs.shift() ?? 0
    await turnEnd()
    this.#base.elapse(wayMs / 2)
    const time = this.#base.elapsed() + this.aheadMs
    this.#base.elapse(wayMs / 2)
    return time
  }

  /** Resolves once `count` more questions than at the last call were dealt with. */
  async asked(count: number): Promise<void> {
    const last = this.#counted + count
    while (this.questions < last) await turnEnd()
    this.#counted = this.questions
    for (let turn = 0; turn < 3; turn++) await turnEnd()
  }
}

async function setUp({ aheadMs = 0, waysMs = [] }: { aheadMs?: number; waysMs?: number[] }) {
  const base = new JumpingClock(start)
  const problems: string[] = []
  const server = new TimeServerUnderTest(base, problems)
  Object.assign(server, { aheadMs, waysMs })
  return { clock: await ClusterClock.start(server, base), base, server, problems }
}

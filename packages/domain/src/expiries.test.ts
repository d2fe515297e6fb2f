import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { Expiries, type Expiring } from './expiries.ts'

/** Leases that are renewed, shortened and given up, and what ran out when. */
class Leases implements Expiring {
  readonly clock = new ManualClock(0)
  readonly expiries = new Expiries(this.clock)
  readonly held = new Map<number, number>()
  readonly log: [id: number, at: number][] = []

  put(id: number, at: number): void {
    this.held.set(id, at)
    this.expiries.add(at, this, id)
  }

  expire(id: number, now: number): void {
    const at = this.held.get(id)
    if (at === undefined || at > now) return
    this.held.delete(id)
    this.log.push([id, this.clock.now()])
  }

  expiresAt(id: number): number | undefined {
    return this.held.get(id)
  }
}

/** Numbers below `bound` that look random and are the same in every run. */
function* numbers(seed: number, bound: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    yield Math.floor((state / 2_147_483_648) * bound)
  }
}

describe('leases that run out', () => {
  it.each([1, 2, 3, 4, 5])('do so in order, at their time, exactly once: like a sorted list (seed %i)', (seed) => {
    const leases = new Leases()
    const random = numbers(seed, 10_000)
    const expected = new Map<number, number>()
    for (let i = 0; i < 5000; i++) {
      const id = random.next().value % 500
      const at = 1 + random.next().value
      leases.put(id, at)
      expected.set(id, at)
    }
    leases.clock.elapse(20_000)
    const sorted = [...expected].sort(([, a], [, b]) => a - b)
    expect(leases.log.map(([, at]) => at)).toEqual(sorted.map(([, at]) => at))
    expect(new Map(leases.log)).toEqual(expected)
  })

  it('run out later when they were renewed, sooner when they were shortened', () => {
    const leases = new Leases()
    leases.put(1, 10)
    leases.put(1, 30)
    leases.put(2, 30)
    leases.put(2, 20)
    leases.clock.elapse(100)
    expect(leases.log).toEqual([
      [2, 20],
      [1, 30],
    ])
  })

  it('keep no memory of renewals, however many there are of a long lease', () => {
    const leases = new Leases()
    for (let i = 0; i < 100_000; i++) leases.put(i % 10, 86_400_000 + i)
    expect(leases.expiries.size).toBeLessThan(2_000)
    for (let i = 0; i < 100_000; i++) leases.put(i % 10, i % 20 < 10 ? 1_000_000_000 - i : 86_400_000)
    expect(leases.expiries.size).toBeLessThan(2_000)
    leases.clock.elapse(2_000_000_000)
    expect(leases.log).toHaveLength(10)
  })

  it('keep no memory of those that were given up', () => {
    const leases = new Leases()
    for (let id = 0; id < 100_000; id++) {
      leases.put(id, 86_400_000)
      leases.held.delete(id)
    }
    expect(leases.expiries.size).toBeLessThan(2_000)
  })

  it('do nothing after a stop', () => {
    const leases = new Leases()
    leases.put(1, 10)
    leases.expiries.stop()
    leases.clock.elapse(100)
    expect(leases.log).toEqual([])
  })
})

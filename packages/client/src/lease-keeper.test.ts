import { describe, expect, it } from 'vitest'
import { TransportError } from './client-error.ts'
import { LeaseKeeper, renewalDelaySeconds } from './lease-keeper.ts'
import { ManualTimers } from './testing/manual-timers.ts'

describe('leases, RVP §5.5.2', () => {
  it('are renewed five minutes before their end, or half-way when they are short', () => {
    expect(renewalDelaySeconds(14_400)).toBe(14_100)
    expect(renewalDelaySeconds(1200)).toBe(900)
    expect(renewalDelaySeconds(60)).toBe(30)
    expect(renewalDelaySeconds(0)).toBe(1)
  })

  it('are renewed again and again, each time by the lifetime granted last', async () => {
    const timers = new ManualTimers()
    const keeper = new LeaseKeeper(timers)
    const granted = [2400, 60]
    let asked = 0
    keeper.keep('state', 1200, async () => granted[asked++] ?? 0)
    timers.elapse(900_000)
    expect(asked).toBe(1)
    await settled()
    expect(timers.waiting).toEqual([2_100_000])
    timers.elapse(2_100_000)
    await settled()
    expect(timers.waiting).toEqual([30_000])
  })

  it('are asked for again soon after a failure', async () => {
    const timers = new ManualTimers()
    const keeper = new LeaseKeeper(timers)
    keeper.keep('state', 1200, () => Promise.reject(new TransportError('unreachable', 'away')))
    timers.elapse(900_000)
    await settled()
    expect(timers.waiting).toEqual([30_000])
  })

  it('are left alone once dropped, also when a renewal is under way', async () => {
    const timers = new ManualTimers()
    const keeper = new LeaseKeeper(timers)
    keeper.keep('state', 1200, async () => 1200)
    timers.elapse(900_000)
    keeper.drop('state')
    await settled()
    expect(timers.waiting).toEqual([])
  })

  it('replace an older lease of the same name', () => {
    const timers = new ManualTimers()
    const keeper = new LeaseKeeper(timers)
    keeper.keep('state', 1200, async () => 1200)
    keeper.keep('state', 60, async () => 60)
    expect(timers.waiting).toEqual([30_000])
  })
})

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

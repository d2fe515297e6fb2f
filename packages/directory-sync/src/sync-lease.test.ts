import { LocationsMemory, ManualClock, SyncStoreMemory } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { LeaseLostError } from './lease-lost-error.ts'
import { SyncLease } from './sync-lease.ts'

function open() {
  const clock = new ManualClock()
  const store = new SyncStoreMemory(clock, new LocationsMemory())
  const lease = (holder: string, given: Pick<SyncStoreMemory, 'hold' | 'release'> = store) =>
    new SyncLease({ store: given, clock, holder })
  return { clock, store, lease }
}

/** Lets time pass a second at a time, with what falls due and what that leads to. */
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.elapse(1_000)
    await new Promise(setImmediate)
  }
}

describe('the lease on being the parley sync that writes', () => {
  it('is held by one, and prolonged for as long as it is wanted', async () => {
    const { clock, lease } = open()
    const [ann, ben] = [lease('ann'), lease('ben')]
    expect(await ann.take()).toBe(true)
    expect(await ben.take()).toBe(false)
    await pass(clock, 60)
    ann.check()
    expect(ann.isHeld).toBe(true)
    expect(await ben.take()).toBe(false)
    await ann.release()
    expect(ann.isHeld).toBe(false)
    expect(await ben.take()).toBe(true)
  })

  it('is lost by who sleeps too long, before another one can have it', async () => {
    const { clock, lease } = open()
    const [ann, ben] = [lease('ann'), lease('ben')]
    await ann.take()
    clock.oversleep(10_000)
    expect(() => ann.check()).toThrow(LeaseLostError)
    expect(await ben.take()).toBe(true)
    await pass(clock, 5)
    expect(() => ann.check()).toThrow(LeaseLostError)
    expect(await ann.take()).toBe(false)
  })

  it('runs out for who cannot prolong it, and no sooner', async () => {
    const { clock, store, lease } = open()
    let isAway = false
    const ann = lease('ann', {
      hold: async (holder, lifetimeMs) => {
        if (isAway) throw new UnavailableError('Redis does not answer')
        return await store.hold(holder, lifetimeMs)
      },
      release: (holder) => store.release(holder),
    })
    await ann.take()
    isAway = true
    await pass(clock, 9)
    expect(ann.isHeld).toBe(true)
    await pass(clock, 1)
    expect(ann.isHeld).toBe(false)
    isAway = false
    expect(await ann.take()).toBe(true)
    await pass(clock, 30)
    expect(ann.isHeld).toBe(true)
  })
})

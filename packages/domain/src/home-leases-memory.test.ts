import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { homeLeasesContract } from './contracts/home-leases-contract.ts'
import { HomeLeasesMemory } from './home-leases-memory.ts'
import { parseHomeName } from './home-name.ts'

homeLeasesContract(async () => {
  const clock = new ManualClock()
  const leases = new HomeLeasesMemory(clock)
  return {
    leases,
    other: leases,
    elapse: async (ms) => clock.elapse(ms),
    [Symbol.asyncDispose]: async () => {},
  }
})

describe('leases in memory', () => {
  it('remember every home that was ever held', async () => {
    const leases = new HomeLeasesMemory(new ManualClock())
    const home = parseHomeName('hq-1')
    const epoch = await leases.take(home, { id: 'one', clusterUrl: 'http://one.example.com' }, 5_000)
    await leases.release(home, epoch ?? 0)
    expect(await leases.homes()).toEqual([home])
  })
})

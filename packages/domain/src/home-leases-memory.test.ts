import { ManualClock } from './clock-manual.ts'
import { homeLeasesContract } from './contracts/home-leases-contract.ts'
import { HomeLeasesMemory } from './home-leases-memory.ts'

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

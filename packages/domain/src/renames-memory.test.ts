import { ManualClock } from './clock-manual.ts'
import { renamesContract } from './contracts/renames-contract.ts'
import { LocationsMemory } from './locations-memory.ts'
import { RenamesMemory } from './renames-memory.ts'

renamesContract(async () => {
  const map = new LocationsMemory()
  const clock = new ManualClock()
  const renames = new RenamesMemory(map, clock)
  return { renames, other: renames, map, now: () => clock.now(), arrival: async () => {} }
})

import { ManualClock } from './clock-manual.ts'
import { syncStoreContract } from './contracts/sync-store-contract.ts'
import { LocationsMemory } from './locations-memory.ts'
import { SyncStoreMemory } from './sync-store-memory.ts'

syncStoreContract(async () => {
  const clock = new ManualClock()
  const map = new LocationsMemory()
  const store = new SyncStoreMemory(clock, map)
  return { store, other: store, map, elapse: async (ms) => clock.elapse(ms) }
})

import { locationsContract } from './contracts/locations-contract.ts'
import { LocationsMemory } from './locations-memory.ts'

locationsContract(async () => {
  const locations = new LocationsMemory()
  return { locations, other: locations, arrival: async () => {} }
})

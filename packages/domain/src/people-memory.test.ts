import { peopleContract } from './contracts/people-contract.ts'
import { LocationsMemory } from './locations-memory.ts'
import { PeopleMemory } from './people-memory.ts'

peopleContract(async () => {
  const map = new LocationsMemory()
  return { people: new PeopleMemory(map), map }
})

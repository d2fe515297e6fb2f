import { statusBusContract } from './contracts/status-bus-contract.ts'
import { StatusBusMemory } from './status-bus-memory.ts'

statusBusContract(async () => {
  const bus = new StatusBusMemory()
  return { publisher: bus, watcher: bus, settled: async () => {} }
})

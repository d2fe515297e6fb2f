import { statusBusContract } from './contracts/status-bus-contract.ts'
import { StatusBusMemory } from './status-bus-memory.ts'

statusBusContract(async () => ({ bus: new StatusBusMemory(), arrival: async () => {} }))

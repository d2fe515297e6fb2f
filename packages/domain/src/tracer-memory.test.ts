import { tracerContract } from './contracts/tracer-contract.ts'
import { TracerMemory } from './tracer-memory.ts'

tracerContract(async (isSampled) => {
  const tracer = new TracerMemory(() => isSampled)
  return { tracer, ended: async () => tracer.ended }
})

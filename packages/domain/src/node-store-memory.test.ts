import { nodeStoreContract } from './contracts/node-store-contract.ts'
import { NodeStoreMemory } from './node-store-memory.ts'

nodeStoreContract(async () => ({ store: new NodeStoreMemory(), [Symbol.asyncDispose]: async () => {} }))

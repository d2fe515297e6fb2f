import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { nodeStoreContract } from './contracts/node-store-contract.ts'
import { StaleEpochError } from './node-store.ts'
import { NodeStoreMemory } from './node-store-memory.ts'

describe('a memory store of a home that is held under leases', () => {
  it('refuses an older holder from the take on, before the new one has written anything', async () => {
    const alice = userUrl('im.example.com', 'alice')
    let taken = 1
    const store = new NodeStoreMemory(() => taken)
    await store.commit(alice, [{ kind: 'put-head', head: { kind: 'user' } }], 1)
    taken = 2
    await expect(store.commit(alice, [{ kind: 'remove-node' }], 1)).rejects.toThrow(StaleEpochError)
    expect(await Array.fromAsync(store.load())).toHaveLength(1)
  })
})

nodeStoreContract(async () => ({ store: new NodeStoreMemory(), [Symbol.asyncDispose]: async () => {} }))

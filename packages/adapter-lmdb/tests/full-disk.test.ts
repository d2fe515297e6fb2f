import type { NodeChange } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { NodeStoreLmdb } from '../src/index.ts'
import { temporaryDirectory } from './temporary-store.ts'

const alice = userUrl('im.example.com', 'alice')
const property = (xml: string): NodeChange => ({ kind: 'put-property', property: { name: '{urn:x}a', xml } })

describe('NodeStoreLmdb on a full disk', () => {
  it('refuses with UnavailableError, changes nothing, and goes on once there is space', async () => {
    await using directory = await temporaryDirectory()
    let free = 1e9
    await using store = await NodeStoreLmdb.open({ path: directory.path, freeBytes: () => free })
    await store.commit(alice, [property('before')], 1)
    free = 1e6
    // NOTE: the store looks at intervals, so a full disk may be noticed some commits later, well within the reserve.
    const refused = await Promise.allSettled(
      Array.from({ length: 300 }, () => store.commit(alice, [property('full')], 1)),
    )
    expect(refused.at(-1)).toMatchObject({ status: 'rejected', reason: expect.any(UnavailableError) })
    await expect(store.commit(alice, [{ kind: 'remove-node' }], 1)).rejects.toThrow(UnavailableError)
    expect(await Array.fromAsync(store.load())).toHaveLength(1)
    free = 1e9
    await store.commit(alice, [property('after')], 1)
    const [node] = await Array.fromAsync(store.load())
    expect(node?.properties).toEqual([{ name: '{urn:x}a', xml: 'after' }])
  })

  it('keeps room for what it has taken and not yet written', async () => {
    await using directory = await temporaryDirectory()
    await using store = await NodeStoreLmdb.open({ path: directory.path, freeBytes: () => 40e6 })
    const results = await Promise.allSettled(
      Array.from({ length: 2_000 }, () => store.commit(alice, [property('x')], 1)),
    )
    const taken = results.filter(({ status }) => status === 'fulfilled').length
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(2_000)
  })

  it('does not open on a full disk', async () => {
    await using directory = await temporaryDirectory()
    await expect(NodeStoreLmdb.open({ path: directory.path, freeBytes: () => 0 })).rejects.toThrow(UnavailableError)
  })
})

import { UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { nodeStoreContract } from './contracts/node-store-contract.ts'
import type { NodeChange } from './node-store.ts'
import { NodeStoreMemory } from './node-store-memory.ts'
import { NodeStoreUnderTest } from './testing/node-store-under-test.ts'
import { tracedNodeStore } from './traced-node-store.ts'
import { TracerMemory } from './tracer-memory.ts'

const alice = userUrl('im.example.com', 'alice')
const changes: readonly NodeChange[] = [{ kind: 'put-head', head: { kind: 'user' } }]

function open() {
  const tracer = new TracerMemory()
  const inner = new NodeStoreUnderTest()
  const work = tracer.startSpan('PROPPATCH', { kind: 'server' })
  if (!work) throw new Error('nothing is recorded')
  return { tracer, inner, work, store: tracedNodeStore(inner, tracer, 'redis') }
}

describe('a traced store', () => {
  it('records a commit in the course of a trace, until it is done', async () => {
    const { tracer, inner, work, store } = open()
    inner.hold()
    const committing = tracer.run(work, () => store.commit(alice, changes, 1))
    expect(tracer.ended).toEqual([])
    inner.release()
    await committing
    expect(tracer.ended).toMatchObject([
      {
        ...{ name: 'commit', kind: 'client', traceId: work.traceId, failure: undefined },
        attributes: { 'db.system.name': 'redis', 'db.operation.batch.size': 1 },
      },
    ])
    expect(JSON.stringify(tracer.ended)).not.toContain('alice')
  })

  it('records what kind of error a commit ended with, and lets it through', async () => {
    const { tracer, inner, work, store } = open()
    inner.isAway = true
    await expect(tracer.run(work, () => store.commit(alice, changes, 1))).rejects.toThrow(UnavailableError)
    expect(tracer.ended).toMatchObject([{ failure: 'UnavailableError' }])
  })

  it('records no commit that is part of no trace', async () => {
    const { tracer, store } = open()
    await store.commit(alice, changes, 1)
    expect(tracer.ended).toEqual([])
  })
})

nodeStoreContract(async () => ({
  store: tracedNodeStore(new NodeStoreMemory(), new TracerMemory(), 'memory'),
  [Symbol.asyncDispose]: async () => {},
}))

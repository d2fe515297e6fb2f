import type { RunOptions, SyncResult } from '@parley/directory-sync'
import { TracerMemory } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { tracedSyncEngine } from './traced-sync-engine.ts'

const counts = { added: 1, changed: 2, renamed: 3, removed: 4 }

function open(run: () => Promise<SyncResult>) {
  const tracer = new TracerMemory()
  return { tracer, engine: tracedSyncEngine({ run, forget: () => {} }, tracer) }
}

describe('a traced run of the directory', () => {
  it('says what was read, and how much was changed', async () => {
    const { tracer, engine } = open(async () => ({ read: 'changes', ...counts }) as SyncResult)
    expect(await engine.run({} as RunOptions)).toMatchObject(counts)
    expect(tracer.ended).toMatchObject([
      { name: 'sync', attributes: { 'parley.sync.read': 'changes', 'parley.sync.changes': 10 }, failure: undefined },
    ])
  })

  it('fails as the run does, without its words', async () => {
    const { tracer, engine } = open(() => Promise.reject(new RangeError('alice')))
    await expect(engine.run({} as RunOptions)).rejects.toThrow('alice')
    expect(tracer.ended).toMatchObject([{ failure: 'RangeError' }])
    expect(JSON.stringify(tracer.ended)).not.toContain('alice')
  })
})

import { describe, expect, it } from 'vitest'
import { runUntil, type ServerNode } from './run-until.ts'

function recording(servesClients = true): { node: ServerNode; done: string[] } {
  const done: string[] = []
  const node: ServerNode = {
    start: async () => void done.push('started'),
    leave: () => {
      done.push('leaving')
      return servesClients
    },
    drain: async (deadline) => void done.push(deadline.aborted ? 'drained too late' : 'drained'),
    [Symbol.asyncDispose]: async () => void done.push('closed'),
  }
  return { node, done }
}

describe('running a node', () => {
  it('starts it, and takes the steps of a stop in their order', async () => {
    const { node, done } = recording()
    const stop = new AbortController()
    const ended = runUntil(stop.signal, node, { leaveMs: 5, graceMs: 60_000 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(done).toEqual(['started'])
    stop.abort()
    await ended
    expect(done).toEqual(['started', 'leaving', 'drained', 'closed'])
  })

  it('counts the time for work in flight from when no more is taken', async () => {
    const { node, done } = recording()
    await runUntil(AbortSignal.abort(), node, { leaveMs: 50, graceMs: 40 })
    expect(done).toEqual(['started', 'leaving', 'drained', 'closed'])
  })

  it('does not wait for clients where none connect', async () => {
    const { node, done } = recording(false)
    await runUntil(AbortSignal.abort(), node, { leaveMs: 3_600_000, graceMs: 60_000 })
    expect(done).toEqual(['started', 'leaving', 'drained', 'closed'])
  })

  it('closes what cannot start', async () => {
    const { node, done } = recording()
    const failing: ServerNode = { ...node, start: () => Promise.reject(new Error('no port')) }
    await expect(runUntil(AbortSignal.abort(), failing, { leaveMs: 0, graceMs: 0 })).rejects.toThrow('no port')
    expect(done).toEqual(['closed'])
  })
})

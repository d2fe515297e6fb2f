import { describe, expect, it } from 'vitest'
import { inTurns } from './in-turns.ts'

describe('work on many things', () => {
  it('leaves a turn to everybody else after every few of them', async () => {
    const seen: unknown[] = []
    setImmediate(() => seen.push('somebody else'))
    await inTurns(['a', 'b', 'c'], 2, (item) => seen.push(item))
    expect(seen).toEqual(['a', 'b', 'somebody else', 'c'])
  })
})

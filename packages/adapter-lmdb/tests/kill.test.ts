import { describe, expect, it } from 'vitest'
import { NodeStoreLmdb } from '../src/index.ts'
import { CommittingChild } from './child.ts'
import { roundOf, writerNode } from './round.ts'
import { temporaryDirectory } from './temporary-store.ts'

describe('NodeStoreLmdb and kill -9 (promise 1)', () => {
  it('has every acknowledged commit, and no half of one, after 20 kills', { timeout: 120_000 }, async () => {
    await using directory = await temporaryDirectory()
    const random = seeded(20)
    let round = 1
    for (let kill = 1; kill <= 20; kill++) {
      const child = new CommittingChild(directory.path, round)
      const enough = 1 + Math.floor(random() * 150)
      await child.until(() => child.lines.length >= enough)
      await child.kill()

      const acknowledged = new Map<string, number>()
      for (const line of child.lines) {
        const [writer = '', number = ''] = line.split(' ')
        acknowledged.set(writerNode(Number(writer)), Number(number))
      }
      await using store = await NodeStoreLmdb.open(directory)
      const found = new Map<string, number>()
      for await (const node of store.load()) found.set(node.node, roundOf(node))
      for (const [node, number] of acknowledged) {
        expect(found.get(node)).toBeGreaterThanOrEqual(number)
        expect(found.get(node)).toBeLessThanOrEqual(number + 1)
      }
      expect(await store.takeEpoch()).toBe(kill * 2)
      round = Math.max(...found.values()) + 1
    }
  })
})

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

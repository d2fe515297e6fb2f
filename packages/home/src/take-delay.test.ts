import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { shareOf, takeDelayMs } from './take-delay.ts'

describe('how long a process leaves a free home to others', () => {
  const orphan = { own: false, released: false, heldBefore: true, share: 0 }

  it('takes its own at once, whatever it holds', () => {
    expect(takeDelayMs({ ...orphan, own: true, heldBefore: false }, 9)).toBe(0)
  })

  it('waits the longer the more homes it holds, but never so long that a takeover takes 10 s', () => {
    const delays = [0, 1, 2, 100].map((held) => takeDelayMs(orphan, held))
    expect(delays[0]).toBe(0)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    expect(new Set(delays).size).toBe(4)
    expect(delays[3]).toBeLessThanOrEqual(1_000)
  })

  it('waits less when the holder gave the home up on purpose', () => {
    expect(takeDelayMs({ ...orphan, released: true }, 4)).toBeLessThan(takeDelayMs(orphan, 4))
  })

  it('lets the owner be first when the home was given up, which may be because it asked', () => {
    expect(takeDelayMs({ ...orphan, own: true, released: true }, 9)).toBe(0)
    expect(takeDelayMs({ ...orphan, released: true }, 0)).toBeGreaterThan(100)
  })

  it('differs after a death between processes that hold equally many, and not when a home was given up', () => {
    expect(takeDelayMs({ ...orphan, share: 0.5 }, 3)).toBeGreaterThan(takeDelayMs(orphan, 3))
    expect(takeDelayMs({ ...orphan, share: 0.99 }, 100)).toBeLessThanOrEqual(1_000)
    const released = { ...orphan, released: true }
    expect(takeDelayMs({ ...released, share: 0.99 }, 0)).toBe(takeDelayMs(released, 0))
  })

  it('gives each of two processes about half of many homes', () => {
    const [ann, ben] = ['ann', 'ben'].map((id) => ({ id, clusterUrl: `http://${id}.example.com` }))
    if (!ann || !ben) throw new Error('nobody is there')
    const homes = Array.from({ length: 200 }, (_, number) => parseHomeName(`hq-${number}`))
    const anns = homes.filter((home) => shareOf(ann, home) < shareOf(ben, home))
    expect(anns.length).toBeGreaterThan(70)
    expect(anns.length).toBeLessThan(130)
    for (const home of homes) expect(shareOf(ann, home)).toBe(shareOf({ ...ann, clientUrl: 'http://x' }, home))
  })

  it('leaves a home that nobody was seen to hold to its owner for 10 s', () => {
    expect(takeDelayMs({ ...orphan, heldBefore: false }, 0)).toBe(10_000)
  })
})

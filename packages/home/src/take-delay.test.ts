import { describe, expect, it } from 'vitest'
import { takeDelayMs } from './take-delay.ts'

describe('how long a process leaves a free home to others', () => {
  const orphan = { own: false, released: false, heldBefore: true }

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

  it('leaves a home that nobody was seen to hold to its owner for 10 s', () => {
    expect(takeDelayMs({ ...orphan, heldBefore: false }, 0)).toBe(10_000)
  })
})

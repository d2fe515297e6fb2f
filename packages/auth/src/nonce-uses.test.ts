import { ManualClock, systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { NonceUses, nonceLifetimeMs } from './nonce-uses.ts'
import { Nonces } from './nonces.ts'

function open(maxNonces?: number) {
  const clock = new ManualClock()
  return {
    clock,
    uses: new NonceUses(clock, maxNonces),
    nonces: new Nonces(clock, systemIds, () => [new Uint8Array(32)]),
  }
}

const response = (n: number) => n.toString(16).padStart(32, '0').split('').reverse().join('')

describe('nonce uses', () => {
  it('[R36] refuse a repeated response, and take another with the same count from a client that never counts', () => {
    const { uses, nonces } = open()
    const nonce = nonces.issue()
    expect(uses.admit(nonce, 1, response(1))).toBe(true)
    expect(uses.admit(nonce, 1, response(1))).toBe(false)
    expect(uses.admit(nonce, 1, response(2))).toBe(true)
    expect(uses.admit(nonce, 1, response(2))).toBe(false)
  })

  it('[R36] bound the responses of a client that never counts', () => {
    const { uses, nonces } = open()
    const nonce = nonces.issue()
    const admitted = Array.from({ length: 100 }, (_, n) => uses.admit(nonce, 1, response(n + 1)))
    expect(admitted.filter(Boolean)).toHaveLength(16)
  })

  it('take each count once, also when connections that share the nonce overtake each other', () => {
    const { uses, nonces } = open()
    const nonce = nonces.issue()
    for (const count of [1, 2, 5, 3, 4, 40, 39, 100]) expect(uses.admit(nonce, count, response(count))).toBe(true)
    for (const count of [1, 2, 3, 4, 5, 39, 40, 41, 100]) {
      expect(uses.admit(nonce, count, response(count))).toBe(false)
    }
    expect(uses.admit(nonce, 0xffff_ffff, response(9))).toBe(true)
    expect(uses.admit(nonce, 0, response(0))).toBe(false)
  })

  it('end with the lifetime of the nonce', () => {
    const { clock, uses, nonces } = open()
    const nonce = nonces.issue()
    clock.elapse(nonceLifetimeMs - 1)
    expect(uses.isFresh(nonce)).toBe(true)
    clock.elapse(1)
    expect(uses.isFresh(nonce)).toBe(false)
  })

  it('never forget a use of a nonce that is still fresh, however many there are', () => {
    const { clock, uses, nonces } = open(10)
    const used = []
    for (let n = 0; n < 200; n++) {
      const nonce = nonces.issue()
      used.push(nonce)
      uses.admit(nonce, 1, response(n))
      clock.elapse(7)
      const repeatable = used.filter((old, at) => uses.isFresh(old) && uses.admit(old, 1, response(at)))
      expect(repeatable).toEqual([])
    }
    expect(uses.isFresh(nonces.issue())).toBe(true)
  })

  it('take a nonce of another edge, whose clock is a little ahead, and not twice', () => {
    const { clock, uses, nonces } = open(2)
    clock.elapse(900)
    const ahead = nonces.issue()
    clock.elapse(-900)
    expect(uses.admit(ahead, 1, response(0))).toBe(true)
    for (let n = 1; n < 200; n++) {
      expect(uses.admit(ahead, 1, response(0))).toBe(false)
      uses.admit(nonces.issue(), 1, response(n))
      clock.elapse(7)
    }
    clock.elapse(2_000)
    const tooFar = nonces.issue()
    clock.elapse(-1_001)
    expect(uses.isFresh(tooFar)).toBe(false)
  })

  it('refuse a nonce from the future, and go on when the clock was set back', () => {
    const { clock, uses, nonces } = open(2)
    for (let n = 0; n < 9; n++) uses.admit(nonces.issue(), 1, response(n))
    const future = nonces.issue()
    clock.elapse(-3_600_000)
    expect(uses.isFresh(future)).toBe(false)
    const nonce = nonces.issue()
    expect(uses.admit(nonce, 1, response(1))).toBe(true)
    expect(uses.isFresh(nonce)).toBe(true)
  })
})

import { ManualClock, systemIds } from '@parley/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Nonces } from './nonces.ts'

const clock = new ManualClock()
const old = new Uint8Array(32).fill(6)
const key = new Uint8Array(32).fill(7)
const keys = (): [Uint8Array] => [key]

describe('nonces', () => {
  it('are known again by whoever has the key, with their time', () => {
    const nonce = new Nonces(clock, systemIds, keys).issue()
    expect(new Nonces(clock, systemIds, keys).read(nonce.text)).toEqual({ text: nonce.text, issuedAt: clock.now() })
    expect(new Nonces(clock, systemIds, () => [new Uint8Array(32)]).read(nonce.text)).toBeUndefined()
  })

  it('stay known while the keys change, until theirs is gone', () => {
    const { text } = new Nonces(clock, systemIds, () => [old]).issue()
    expect(new Nonces(clock, systemIds, () => [key, old]).read(text)).toMatchObject({ text })
    const young = new Nonces(clock, systemIds, () => [key, old]).issue()
    expect(new Nonces(clock, systemIds, keys).read(young.text)).toEqual(young)
    expect(new Nonces(clock, systemIds, keys).read(text)).toBeUndefined()
  })

  it('differ even within one millisecond', () => {
    const nonces = new Nonces(clock, systemIds, keys)
    const texts = Array.from({ length: 1000 }, () => nonces.issue().text)
    expect(new Set(texts).size).toBe(1000)
  })

  it('[R34] are base64 without padding, quotes or commas, which every client reads', () => {
    expect(new Nonces(clock, systemIds, keys).issue().text).toMatch(/^[A-Za-z0-9+/]{32}$/)
  })

  it('cannot be made or changed by others', () => {
    const nonces = new Nonces(clock, systemIds, keys)
    const { text } = nonces.issue()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31 }), fc.constantFrom(...'Aa0+/Zz9=" ü'), (at, character) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1)
        expect(nonces.read(changed) === undefined).toBe(changed !== text)
      }),
    )
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (other) => nonces.read(other) === undefined))
  })
})

import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { Breaker } from './federation-breaker.ts'

function breaker() {
  const clock = new ManualClock()
  const changes: boolean[] = []
  const limits = { failures: 2, firstPauseMs: 2_000, longestPauseMs: 5_000 }
  const it = new Breaker({ clock, limits, onChange: (isOpen) => void changes.push(isOpen) })
  const fail = () => {
    expect(it.admit()).toBeUndefined()
    it.failed()
  }
  return { clock, changes, it, fail }
}

describe('a breaker', () => {
  it('lets requests through until so many in a row have failed', () => {
    const { it, fail, changes } = breaker()
    fail()
    it.admit()
    it.succeeded()
    fail()
    expect(changes).toEqual([])
    fail()
    expect(changes).toEqual([true])
    expect(it.admit()).toBe(2)
  })

  it('lets one request try when the pause is over', () => {
    const { it, fail, clock } = breaker()
    fail()
    fail()
    clock.elapse(2_000)
    expect(it.admit()).toBeUndefined()
    expect(it.admit()).toBe(1)
  })

  it('lets everything through once the domain has answered', () => {
    const { it, fail, clock, changes } = breaker()
    fail()
    fail()
    clock.elapse(2_000)
    it.admit()
    it.succeeded()
    expect(changes).toEqual([true, false])
    expect([it.admit(), it.admit()]).toEqual([undefined, undefined])
  })

  it('pauses longer each time, up to a bound', () => {
    const { it, fail, clock, changes } = breaker()
    fail()
    fail()
    for (const seconds of [2, 4, 5, 5]) {
      expect(it.admit()).toBe(seconds)
      clock.elapse(seconds * 1000)
      fail()
    }
    expect(changes).toEqual([true])
  })

  it('takes no notice of what fails late', () => {
    const { it, fail, clock } = breaker()
    it.admit()
    fail()
    fail()
    clock.elapse(1_000)
    it.failed()
    expect(it.admit()).toBe(1)
  })

  it('lets another request try when the first one was never sent', () => {
    const { it, fail, clock } = breaker()
    fail()
    fail()
    clock.elapse(2_000)
    it.admit()
    it.unused()
    expect(it.admit()).toBeUndefined()
  })
})

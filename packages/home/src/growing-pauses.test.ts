import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { GrowingPauses } from './growing-pauses.ts'

function pauses() {
  const clock = new ManualClock()
  return { clock, given: new GrowingPauses<string>({ clock, firstMs: 1_000, longestMs: 5_000, forgottenMs: 60_000 }) }
}

/** How long until it may be done again. */
function waitMs(clock: ManualClock, given: GrowingPauses<string>, thing: string): number {
  let ms = 0
  for (; !given.isOver(thing); ms += 100) clock.elapse(100)
  return ms
}

describe('pauses that grow', () => {
  it('keep nobody from the first time', () => {
    expect(pauses().given.isOver('hq-1')).toBe(true)
  })

  it('double each time, up to the longest', () => {
    const { clock, given } = pauses()
    const waits = [1, 2, 3, 4, 5].map(() => {
      given.begin('hq-1')
      return waitMs(clock, given, 'hq-1')
    })
    expect(waits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000])
  })

  it('begin anew when it was not done for long', () => {
    const { clock, given } = pauses()
    for (let times = 0; times < 4; times += 1) given.begin('hq-1')
    clock.elapse(60_000)
    given.begin('hq-1')
    expect(waitMs(clock, given, 'hq-1')).toBe(1_000)
  })

  it('begin anew when they are to be forgotten', () => {
    const { clock, given } = pauses()
    for (let times = 0; times < 4; times += 1) given.begin('hq-1')
    given.forget('hq-1')
    expect(given.isOver('hq-1')).toBe(true)
    given.begin('hq-1')
    expect(waitMs(clock, given, 'hq-1')).toBe(1_000)
  })

  it('are of each thing alone', () => {
    const { given } = pauses()
    given.begin('hq-1')
    expect([given.isOver('hq-1'), given.isOver('hq-2')]).toEqual([false, true])
  })
})

import { describe, expect, it } from 'vitest'
import { backOffMs, pause } from './back-off.ts'
import { ManualTimers } from './testing/manual-timers.ts'

describe('backOffMs', () => {
  it('doubles up to eight seconds, and is spread over half of that', () => {
    expect([1, 2, 3, 7, 40].map((failures) => backOffMs(failures, 0))).toEqual([250, 500, 1000, 4_000, 4_000])
    expect(backOffMs(1, 0.5)).toBe(375)
  })
})

describe('pause', () => {
  it('ends with its time or with the signal, and leaves no timer behind', async () => {
    const timers = new ManualTimers()
    const abort = new AbortController()
    const first = pause(timers, 100, abort.signal)
    timers.elapse(100)
    await first
    const second = pause(timers, 100, abort.signal)
    abort.abort()
    await second
    await pause(timers, 100, abort.signal)
    expect(timers.waiting).toEqual([])
  })
})

import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { alice, RouterUnderTest, requestOf } from './testing/router-under-test.ts'
import { Wakefulness } from './wakefulness.ts'

/** A clock that passes over time without its timers being called, as in a process that is stopped. */
class HangingClock extends ManualClock {
  #hungMs = 0

  hang(ms: number): void {
    this.#hungMs += ms
  }

  override elapsed(): number {
    return super.elapsed() + this.#hungMs
  }
}

describe('Wakefulness', () => {
  it('takes what comes at its time for new', () => {
    const clock = new HangingClock()
    const wakefulness = new Wakefulness(clock)
    for (let request = 0; request < 300; request += 1) {
      expect(wakefulness.hasJustWoken()).toBe(false)
      clock.elapse(request * 50)
    }
  })

  it('takes what was waiting when the process woke up for old, whether a timer or a request comes first', () => {
    for (const first of ['timer', 'request']) {
      const clock = new HangingClock()
      const wakefulness = new Wakefulness(clock)
      wakefulness.hasJustWoken()
      clock.elapse(10)
      clock.hang(3_000)
      if (first === 'timer') clock.elapse(500)
      expect(wakefulness.hasJustWoken()).toBe(true)
      clock.elapse(900)
      expect(wakefulness.hasJustWoken()).toBe(true)
      clock.elapse(200)
      expect(wakefulness.hasJustWoken()).toBe(false)
    }
  })

  it('lets no timer run while nobody asks', () => {
    const clock = new HangingClock()
    const wakefulness = new Wakefulness(clock)
    wakefulness.hasJustWoken()
    clock.elapse(61_000)
    clock.hang(3_000)
    expect(wakefulness.hasJustWoken()).toBe(false)
  })
})

describe('a router that hung', () => {
  it('refuses what came meanwhile, since its sender may have said something newer elsewhere (promise 3)', async () => {
    const clock = new HangingClock()
    const under = await RouterUnderTest.open({ clock })
    await under.router.handle(requestOf('NOTIFY'))
    clock.hang(3_000)
    await expect(under.router.handle(requestOf('NOTIFY'))).rejects.toMatchObject({ status: 503 })
    await expect(under.router.handle(requestOf('PROPPATCH', { node: alice }))).rejects.toMatchObject({ status: 503 })
    expect(under.told).toEqual(['forwarded hq-1 1'])
  })
})

import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'

describe('the manual clock', () => {
  it('runs what falls due in the order of its time, then of its making, at its time', () => {
    const clock = new ManualClock(1_000)
    const ran: [string, number][] = []
    const at = (delayMs: number, name: string) => clock.after(delayMs, () => ran.push([name, clock.now()]))
    at(20, 'b')
    at(10, 'a')
    at(20, 'c')
    at(31, 'later')
    clock.elapse(30)
    expect(ran).toEqual([
      ['a', 1_010],
      ['b', 1_020],
      ['c', 1_020],
    ])
    expect(clock.now()).toBe(1_030)
  })

  it('runs what is made on the way when it falls due within the same time', () => {
    const clock = new ManualClock(0)
    const ran: number[] = []
    const again = () => {
      ran.push(clock.now())
      clock.after(10, again)
    }
    clock.after(10, again)
    clock.elapse(35)
    expect(ran).toEqual([10, 20, 30])
  })

  it('runs late what falls due while processes are stopped', () => {
    const clock = new ManualClock(0)
    const ran: number[] = []
    clock.after(10, () => ran.push(clock.now()))
    clock.oversleep(30)
    expect([clock.now(), clock.elapsed(), ran]).toEqual([30, 30, []])
    clock.elapse(0)
    expect(ran).toEqual([30])
  })

  it('forgets what was taken back, also when it is taken back late', () => {
    const clock = new ManualClock(0)
    const ran: string[] = []
    const cancel = clock.after(5, () => ran.push('cancelled'))
    const cancelLate = clock.after(5, () => ran.push('ran'))
    cancel()
    clock.elapse(5)
    cancelLate()
    expect(ran).toEqual(['ran'])
  })
})

import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { Deadlines } from './notify-deadlines.ts'

describe('Deadlines', () => {
  it('calls what is not removed in time, in the order of the beginning, and never late', () => {
    const clock = new ManualClock()
    const expired: string[] = []
    const list = new Deadlines(clock).list<string>(1_000, (item) => expired.push(item))
    list.add('a')
    clock.elapse(500)
    list.add('b')
    list.add('c')
    list.remove('b')
    clock.elapse(500)
    expect(expired).toEqual(['a'])
    clock.elapse(500)
    expect(expired).toEqual(['a', 'c'])
  })

  it('is exact after it was idle for a time that no tick counted', () => {
    const clock = new ManualClock()
    const expired: string[] = []
    const list = new Deadlines(clock).list<string>(500, (item) => expired.push(item))
    list.add('a')
    clock.elapse(10_123)
    list.add('b')
    clock.elapse(499)
    expect(expired).toEqual(['a'])
    clock.elapse(1)
    expect(expired).toEqual(['a', 'b'])
  })

  it('lets an item begin anew when its time is over', () => {
    const clock = new ManualClock()
    let beats = 0
    const list = new Deadlines(clock).list<string>(250, (item) => {
      beats += 1
      if (beats < 3) list.add(item)
    })
    list.add('a')
    clock.elapse(2_000)
    expect(beats).toBe(3)
  })

  it("looks in a set at each item's own time, which may be put off", () => {
    const clock = new ManualClock()
    const deadlines = new Deadlines(clock)
    const set = deadlines.set<{ dueTick: number; overdue(): void }>()
    let calls = 0
    const item = {
      dueTick: deadlines.tickAfter(500),
      overdue() {
        calls += 1
        set.remove(item)
      },
    }
    set.add(item)
    clock.elapse(250)
    item.dueTick = deadlines.tickAfter(1_000)
    clock.elapse(750)
    expect(calls).toBe(0)
    clock.elapse(250)
    expect(calls).toBe(1)
  })
})

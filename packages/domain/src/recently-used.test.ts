import { describe, expect, it } from 'vitest'
import { RecentlyUsed } from './recently-used.ts'

function filled(limit: number, count: number): RecentlyUsed<number, string> {
  const map = new RecentlyUsed<number, string>(limit)
  for (let key = 0; key < count; key++) map.set(key, `value ${key}`)
  return map
}

describe('a map of what was used recently', () => {
  it('gives what was set last under a key', () => {
    const map = filled(10, 5)
    map.set(3, 'another')
    expect([map.get(2), map.get(3), map.get(7)]).toEqual(['value 2', 'another', undefined])
    expect(map.size).toBe(5)
  })

  it('never holds more than its limit', () => {
    const map = new RecentlyUsed<number, string>(100)
    for (let key = 0; key < 1000; key++) {
      map.set(key, 'x')
      map.get(key - 50)
      expect(map.size).toBeLessThanOrEqual(100)
    }
  })

  it('keeps the half that was used last, whether set or asked for', () => {
    const map = filled(100, 50)
    for (let key = 50; key < 1000; key++) {
      expect(map.get(7)).toBe('value 7')
      map.set(key, 'x')
      expect(map.get(key - 20)).toBeDefined()
    }
    expect(map.get(8)).toBeUndefined()
  })

  it('forgets on demand, wherever a key is', () => {
    const map = filled(10, 8)
    map.delete(0)
    map.delete(7)
    expect([map.get(0), map.get(7), map.get(6)]).toEqual([undefined, undefined, 'value 6'])
    map.clear()
    expect([map.size, map.get(6)]).toEqual([0, undefined])
  })

  it('holds a key once when it is set again after long', () => {
    const map = filled(10, 6)
    map.set(0, 'again')
    map.delete(0)
    expect(map.get(0)).toBeUndefined()
  })
})

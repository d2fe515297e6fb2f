import { describe, expect, it } from 'vitest'
import { inSrvOrder } from './federation-srv-order.ts'

const a = { name: 'a', priority: 10, weight: 3 }
const b = { name: 'b', priority: 10, weight: 1 }
const spare = { name: 'spare', priority: 20, weight: 100 }
const never = { name: 'never', priority: 10, weight: 0 }

function namesWith(random: number, ...servers: (typeof a)[]): readonly string[] {
  return inSrvOrder(servers, () => random).map(({ name }) => name)
}

describe('the order of SRV records', () => {
  it('puts lower priorities first, whatever their weight', () => {
    expect(namesWith(0, spare, b, a).at(-1)).toBe('spare')
    expect(namesWith(0.99, spare, b, a).at(-1)).toBe('spare')
  })

  it('draws servers of one priority by their weight', () => {
    const first = (random: number) => namesWith(random, a, b)[0]
    expect([0, 0.24, 0.26, 0.6, 0.99].map(first)).toEqual(['b', 'b', 'a', 'a', 'a'])
  })

  it('tries those of weight 0 after the others', () => {
    expect(namesWith(0.5, never, a)).toEqual(['a', 'never'])
    expect(namesWith(0, never)).toEqual(['never'])
  })

  it('keeps every server', () => {
    expect([...namesWith(0.5, a, b, spare, never)].sort()).toEqual(['a', 'b', 'never', 'spare'])
  })
})

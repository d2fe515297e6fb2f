import { describe, expect, it } from 'vitest'
import { MarkTable, markNumber } from './mark-table.ts'

describe('MarkTable', () => {
  it('knows what was set, and nothing else, however many there are', () => {
    const table = new MarkTable()
    for (let at = 0; at < 20_000; at++) table.set(`text ${at}`, at)
    expect(table.size).toBe(20_000)
    for (let at = 0; at < 20_000; at++) expect(table.get(`text ${at}`)).toBe(at)
    for (let at = 20_000; at < 40_000; at++) expect(table.has(`text ${at}`)).toBe(false)
  })

  it('keeps the last number of a text', () => {
    const table = new MarkTable()
    table.set('a', 0)
    table.set('a', 4_294_967_294)
    expect(table.get('a')).toBe(4_294_967_294)
    expect(table.size).toBe(1)
  })
})

describe('markNumber', () => {
  it('is a whole number, the same for the same text', () => {
    expect(markNumber('a')).toBe(markNumber('a'))
    expect(markNumber('a')).not.toBe(markNumber('b'))
    expect(Number.isSafeInteger(markNumber('a'))).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { FlatHeaders } from './http-headers.ts'

/** Headers of lines `name:value`. */
function headersOf(text: string): FlatHeaders {
  const offsets: number[] = []
  for (const { 0: line, index } of text.matchAll(/[^\n]+/g)) {
    const colon = line.indexOf(':')
    offsets.push(index, index + colon, index + colon + 1, index + line.length)
  }
  return new FlatHeaders(text, offsets)
}

describe('FlatHeaders', () => {
  const headers = headersOf('Call-Back:http://h:1\nX:1\nCALL-BACK:2\nx@:3')

  it('finds the first value of a name in any spelling', () => {
    expect(headers.get('call-back')).toBe('http://h:1')
    expect(headers.get('x')).toBe('1')
  })

  it('finds every value in order', () => {
    expect(headers.all('call-back')).toEqual(['http://h:1', '2'])
    expect(headers.all('host')).toEqual([])
  })

  it('knows no header that was not sent', () => {
    expect(headers.get('call-bac')).toBeUndefined()
    expect(headers.get('host')).toBeUndefined()
    // '@' and '`' differ in the bit that tells upper from lower case, but are no letters.
    expect(headers.get('x`')).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { EventStreamError, EventStreamParser } from './event-stream.ts'

function parse(...chunks: string[]) {
  const parser = new EventStreamParser()
  return chunks.flatMap((chunk) => parser.push(chunk))
}

describe('EventStreamParser', () => {
  it('reads id, type and data of an event', () => {
    expect(parse('id: 7\nevent: notify\ndata: "x"\n\n')).toEqual([{ id: '7', type: 'notify', data: '"x"' }])
  })

  it('gives the same events whatever the pieces, for every kind of line end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['id: 1', 'event: notify', 'data: a', 'data: b', '', ': comment', 'data:c', '', ''].join(end)
      const whole = parse(text)
      expect(whole).toEqual([
        { id: '1', type: 'notify', data: 'a\nb' },
        { id: '1', type: 'message', data: 'c' },
      ])
      expect(parse(...text)).toEqual(whole)
    }
  })

  it('passes over comments, unknown fields, and events without data', () => {
    expect(parse(': ping\n\nid: 3\n\nother\n\n')).toEqual([])
  })

  it('keeps the last id for events that have none', () => {
    expect(parse('id: 4\ndata: a\n\ndata: b\n\n').map(({ id }) => id)).toEqual(['4', '4'])
  })

  it('tells how long to wait before coming back', () => {
    const parser = new EventStreamParser()
    expect(parser.retryMs).toBe(0)
    parser.push('retry: 1500\nretry: soon\n\n')
    expect(parser.retryMs).toBe(1500)
  })

  it('holds back an event that is not complete', () => {
    expect(parse('data: a\n')).toEqual([])
  })

  it('refuses an event that grows without end, in one line or in many', () => {
    const line = new EventStreamParser(100)
    expect(() => line.push('x'.repeat(101))).toThrow(EventStreamError)
    const lines = new EventStreamParser(100)
    expect(() => lines.push('data: 0123456789\n'.repeat(20))).toThrow(EventStreamError)
  })

  it('does not count what was handed out', () => {
    const parser = new EventStreamParser(100)
    for (let n = 0; n < 50; n++) expect(parser.push(`data: 0123456789 ${n}\n\n`)).toHaveLength(1)
  })
})

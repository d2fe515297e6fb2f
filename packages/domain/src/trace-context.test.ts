import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTraceparent, traceContextOf } from './trace-context.ts'

const trace = 'a'.repeat(32)
const span = 'b'.repeat(16)

describe('a traceparent, W3C Trace Context §3.2', () => {
  it.each([
    [`00-${trace}-${span}-01`, true],
    [`00-${trace}-${span}-00`, false],
    [`00-${trace}-${span}-03`, true],
    [`cc-${trace}-${span}-01-what a later version says`, true],
  ])('%s names a span', (text, isSampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: trace, spanId: span, isSampled })
  })

  it.each([
    '',
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `ff-${trace}-${span}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}-1`,
    `00-${trace}-${span}`,
    `00-${trace}-${span}-01\n`,
    `cc-${trace}-${span}-01-${'x'.repeat(500)}`,
  ])('%j names none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (parent, state) => {
        expect(traceContextOf(parent, state)?.traceparent ?? parent).toBe(parent)
      }),
    )
  })
})

describe('a tracestate', () => {
  const traceparent = `00-${trace}-${span}-01`

  it('travels along', () => {
    expect(traceContextOf(traceparent, 'vendor=1')).toEqual({ traceparent, tracestate: 'vendor=1' })
  })

  it.each(['', 'x'.repeat(513), 'a=\r\nb: c', 'a=\u00e4'])('%j stays behind', (tracestate) => {
    expect(traceContextOf(traceparent, tracestate)).toEqual({ traceparent })
  })
})

import { describe, expect, it } from 'vitest'
import { parseTraceparent } from '../trace-context.ts'
import type { Tracer } from '../tracer.ts'
import type { EndedSpan } from '../tracer-memory.ts'

/** A tracer of which a test sees what it recorded. */
export interface TracerUnderTest {
  readonly tracer: Tracer
  /** Every span that has ended so far, in that order. */
  ended(): Promise<readonly EndedSpan[]>
}

const kind = 'internal'
const remote = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' }

/** What every tracer does. `open` gives one that records every trace that begins in it, or none. */
export function tracerContract(open: (isSampled: boolean) => Promise<TracerUnderTest>): void {
  describe('Tracer contract', () => {
    it('records a span with its name, kind and last attributes, once it has ended', async () => {
      const { tracer, ended } = await open(true)
      const span = tracer.startSpan('ask', { kind: 'server', attributes: { a: 1, b: 'x' } })
      span?.set({ b: 'y', c: true })
      expect(await ended()).toEqual([])
      span?.end()
      span?.end()
      span?.fail('late')
      span?.set({ b: 'late' })
      expect(await ended()).toMatchObject([
        { name: 'ask', kind: 'server', attributes: { a: 1, b: 'y', c: true }, failure: undefined, parentId: undefined },
      ])
    })

    it('records that a span failed, and of what kind that was', async () => {
      const { tracer, ended } = await open(true)
      tracer.startSpan('ask', { kind })?.fail('StoreError')
      expect(await ended()).toMatchObject([{ failure: 'StoreError' }])
    })

    it('takes a span below the one of another process, and hands its own context on', async () => {
      const { tracer, ended } = await open(false)
      const span = tracer.startSpan('ask', { kind, parent: remote })
      expect(span?.traceId).toBe('a'.repeat(32))
      expect(span?.context.tracestate).toBe('vendor=1')
      span?.end()
      const [recorded] = await ended()
      expect(recorded).toMatchObject({ traceId: 'a'.repeat(32), parentId: 'b'.repeat(16) })
      const context = parseTraceparent(span?.context.traceparent ?? '')
      expect(context).toEqual({ traceId: recorded?.traceId, spanId: recorded?.spanId, isSampled: true })
    })

    it('records nothing below what its sender does not record', async () => {
      const { tracer } = await open(true)
      const parent = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` }
      expect(tracer.startSpan('ask', { kind, parent })).toBeUndefined()
    })

    it('records no trace that is not sampled', async () => {
      const { tracer } = await open(false)
      expect(tracer.startSpan('ask', { kind })).toBeUndefined()
      expect(tracer.startChild('part', { kind })).toBeUndefined()
    })

    it('knows in whose course code runs, over awaits, until that has ended', async () => {
      const { tracer, ended } = await open(true)
      const work = tracer.startSpan('work', { kind })
      const other = tracer.startSpan('other', { kind })
      if (!work || !other) throw new Error('nothing is recorded')
      const later = Promise.withResolvers<void>()
      const late = tracer.run(work, async () => {
        await Promise.resolve()
        tracer.run(other, () => expect(tracer.current()).toBe(other))
        expect(tracer.current()).toBe(work)
        tracer.startChild('part', { kind })?.end()
        await later.promise
        return [tracer.current(), tracer.startChild('late', { kind })]
      })
      await Promise.resolve()
      expect(tracer.current()).toBeUndefined()
      await Promise.resolve()
      work.end()
      later.resolve()
      expect(await late).toEqual([undefined, undefined])
      const [part, parent] = await ended()
      expect(part).toMatchObject({ name: 'part', traceId: parent?.traceId, parentId: parent?.spanId })
      expect(parent?.name).toBe('work')
    })
  })
}

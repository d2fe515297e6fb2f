import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { type EndedSpan, type SpanKind, systemClock } from '@parley/domain'
import { tracerContract } from '@parley/domain/contracts'
import { onTestFinished } from 'vitest'
import { openTracer } from '../src/open-tracer.ts'

// OpenTelemetry's numbers of kinds, in order.
const kinds: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer']

function endedSpan(span: ReadableSpan): EndedSpan {
  const { name, kind, attributes, status, parentSpanContext } = span
  const { 'error.type': failure, ...rest } = attributes
  const { traceId, spanId } = span.spanContext()
  return {
    name,
    kind: kinds[kind] ?? 'internal',
    traceId,
    spanId,
    parentId: parentSpanContext?.spanId,
    attributes: rest as EndedSpan['attributes'],
    failure: status.code === 2 ? String(failure) : undefined,
  }
}

tracerContract(async (isSampled) => {
  const exporter = new InMemorySpanExporter()
  const tracer = openTracer({
    endpoint: 'http://127.0.0.1:1',
    ratio: isSampled ? 1 : 0,
    resource: { 'service.name': 'parley' },
    clock: systemClock,
    events: { exportFailed: () => {}, exportResumed: () => {} },
    exporter,
  })
  onTestFinished(() => tracer[Symbol.asyncDispose]())
  return {
    tracer,
    ended: async () => {
      await tracer.flush()
      return exporter.getFinishedSpans().map(endedSpan)
    },
  }
})

import { AsyncLocalStorage } from 'node:async_hooks'
import {
  createTraceState,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import {
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanStart,
  type TraceContext,
  type Tracer,
} from '@parley/domain'

const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
}

/** The port on a tracer of OpenTelemetry, which decides what is recorded. */
export class TracerOtel implements Tracer {
  readonly #tracer: OtelTracer
  readonly #course = new AsyncLocalStorage<RecordedSpan>()

  constructor(tracer: OtelTracer) {
    this.#tracer = tracer
  }

  startSpan(name: string, { parent, ...start }: SpanStart & { parent?: TraceContext | undefined }): Span | undefined {
    return this.#start(name, start, parent && remoteContext(parent))
  }

  startChild(name: string, start: SpanStart): Span | undefined {
    const parent = this.#current()
    return parent && this.#start(name, start, parent.spanContext)
  }

  current(): Span | undefined {
    return this.#current()
  }

  run<T>(span: Span, work: () => T): T {
    return this.#course.run(span as RecordedSpan, work)
  }

  // NOTE: what a request has opened outlives it, such as a timer or a connection: what these do later is not in its course.
  #current(): RecordedSpan | undefined {
    const span = this.#course.getStore()
    return span?.isRecording ? span : undefined
  }

  #start(name: string, { kind, attributes }: SpanStart, parent: SpanContext | undefined): RecordedSpan | undefined {
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    const span = this.#tracer.startSpan(name, { kind: kinds[kind], ...(attributes && { attributes }) }, context)
    return span.isRecording() ? new RecordedSpan(span) : undefined
  }
}

class RecordedSpan implements Span {
  readonly #span: OtelSpan

  constructor(span: OtelSpan) {
    this.#span = span
  }

  get isRecording(): boolean {
    return this.#span.isRecording()
  }

  get spanContext(): SpanContext {
    return this.#span.spanContext()
  }

  get traceId(): string {
    return this.spanContext.traceId
  }

  get context(): TraceContext {
    const { traceId, spanId, traceFlags, traceState } = this.spanContext
    const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
    const tracestate = traceState?.serialize()
    return tracestate ? { traceparent, tracestate } : { traceparent }
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  end(): void {
    if (this.isRecording) this.#span.end()
  }

  fail(type: string): void {
    if (!this.isRecording) return
    this.#span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR }).end()
  }
}

function remoteContext({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const parent = parseTraceparent(traceparent)
  if (!parent) return undefined
  const { traceId, spanId, isSampled } = parent
  return {
    traceId,
    spanId,
    traceFlags: isSampled ? 1 : 0,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  }
}

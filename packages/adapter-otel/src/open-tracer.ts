import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Clock, Tracer } from '@parley/domain'
import { ReportingExporter } from './reporting-exporter.ts'
import { TracerOtel } from './tracer-otel.ts'

/** What is reported of the export; spans that could not be sent are lost, and nothing else is. */
export interface TracingEvents {
  /** The receiver does not take spans; told once, until it takes some again. */
  exportFailed(reason: string): void
  exportResumed(): void
}

export interface OtelTracerOptions {
  /** Base URL of an OTLP/HTTP receiver: /v1/traces is added. */
  readonly endpoint: string
  /** Sent with each export, e.g. a token. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Share of the traces that begin here which are recorded, from 0 to 1. */
  readonly ratio: number
  /** What the process is: service.name and others (OpenTelemetry's resource attributes). */
  readonly resource: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly events: TracingEvents
  /** Where spans go instead of `endpoint`, for tests. */
  readonly exporter?: SpanExporter
}

/** A tracer that exports what it has when it is closed, if the receiver takes it in time. */
export interface OtelTracer extends Tracer, AsyncDisposable {
  /** Sends what waits; resolves when that was tried. */
  flush(): Promise<void>
}

/** Spans that may wait for being sent; more are dropped. One has some hundred bytes, bounded by `spanLimits`. */
const maxWaiting = 2_048
const batch = 512
const everyMs = 2_000
const answerMs = 5_000
const closeMs = 2_000
const spanLimits = { attributeValueLengthLimit: 256, attributeCountLimit: 16, eventCountLimit: 1, linkCountLimit: 1 }

/** Makes a tracer; it connects when it has something to export, and never keeps anybody waiting for that. */
export function openTracer(options: OtelTracerOptions): OtelTracer {
  const { endpoint, headers, ratio, resource, clock, events } = options
  const exporter =
    options.exporter ??
    new OTLPTraceExporter({
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      ...(headers && { headers: { ...headers } }),
      timeoutMillis: answerMs,
      concurrencyLimit: 2,
    })
  const processor = new BatchSpanProcessor({
    exporter: new ReportingExporter(exporter, events),
    maxQueueSize: maxWaiting,
    maxExportBatchSize: batch,
    scheduledDelayMillis: everyMs,
    exportTimeoutMillis: answerMs,
  })
  // NOTE: registered nowhere, so that several nodes in one process have a tracer each.
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ ...resource }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits,
    spanProcessors: [processor],
  })
  const tracer = new TracerOtel(provider.getTracer('parley'))
  const flush = (): Promise<void> => provider.forceFlush().catch(() => undefined)
  return {
    startSpan: (name, start) => tracer.startSpan(name, start),
    startChild: (name, start) => tracer.startChild(name, start),
    current: () => tracer.current(),
    run: (span, work) => tracer.run(span, work),
    flush,
    async [Symbol.asyncDispose]() {
      await within(closeMs, clock, provider.shutdown())
    },
  }
}

/** Waits for `work`, but no longer than `ms`; how it ends does not matter. */
async function within(ms: number, clock: Clock, work: Promise<void>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(ms, resolve)
  await Promise.race([work.catch(() => undefined), over])
  cancel()
}

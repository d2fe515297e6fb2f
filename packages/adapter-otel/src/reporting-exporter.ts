import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { TracingEvents } from './open-tracer.ts'

type Told = Parameters<SpanExporter['export']>[1]

/** An exporter that tells when spans begin to be lost, and when they are taken again. */
export class ReportingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #events: TracingEvents
  #isFailing = false

  constructor(exporter: SpanExporter, events: TracingEvents) {
    this.#exporter = exporter
    this.#events = events
  }

  export(spans: ReadableSpan[], told: Told): void {
    this.#exporter.export(spans, (result) => {
      this.#heard(result)
      told(result)
    })
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.()
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown()
  }

  #heard({ code, error }: Parameters<Told>[0]): void {
    const failed = code !== 0
    if (failed === this.#isFailing) return
    this.#isFailing = failed
    if (failed) this.#events.exportFailed(error?.message || 'the receiver does not take them')
    else this.#events.exportResumed()
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { parseTraceparent, type TraceContext } from './trace-context.ts'
import type { Span, SpanAttributes, SpanKind, SpanStart, Tracer } from './tracer.ts'

/** A span that has ended, as a tracer's memory has it. */
export interface EndedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly traceId: string
  readonly spanId: string
  /** Undefined for the first of a trace. */
  readonly parentId: string | undefined
  readonly attributes: SpanAttributes
  /** Undefined when it did not fail. */
  readonly failure: string | undefined
}

/** A tracer for tests: it keeps spans in the order in which they ended. */
export class TracerMemory implements Tracer {
  readonly #ended: EndedSpan[] = []
  readonly #isSampled: () => boolean
  readonly #course = new AsyncLocalStorage<MemorySpan>()
  #count = 0

  /** `isSampled` is asked for each new trace. */
  constructor(isSampled: () => boolean = () => true) {
    this.#isSampled = isSampled
  }

  get ended(): readonly EndedSpan[] {
    return this.#ended
  }

  startSpan(name: string, { parent, ...start }: SpanStart & { parent?: TraceContext | undefined }): Span | undefined {
    const above = parent && parseTraceparent(parent.traceparent)
    if (!(above ? above.isSampled : this.#isSampled())) return undefined
    return this.#begin(name, start, {
      traceId: above?.traceId ?? this.#id(32),
      parentId: above?.spanId,
      tracestate: parent?.tracestate,
    })
  }

  startChild(name: string, start: SpanStart): Span | undefined {
    const parent = this.current()
    return parent && this.startSpan(name, { ...start, parent: parent.context })
  }

  current(): Span | undefined {
    const span = this.#course.getStore()
    return span?.isEnded ? undefined : span
  }

  run<T>(span: Span, work: () => T): T {
    return this.#course.run(span as MemorySpan, work)
  }

  #begin(
    name: string,
    { kind, attributes }: SpanStart,
    place: { traceId: string; parentId: string | undefined; tracestate: string | undefined },
  ): MemorySpan {
    const { traceId, parentId, tracestate } = place
    const spanId = this.#id(16)
    const context = { traceparent: `00-${traceId}-${spanId}-01`, ...(tracestate !== undefined && { tracestate }) }
    return new MemorySpan(traceId, context, attributes, (last, failure) =>
      this.#ended.push({ name, kind, traceId, spanId, parentId, attributes: last, failure }),
    )
  }

  #id(digits: number): string {
    this.#count += 1
    return this.#count.toString(16).padStart(digits, '0')
  }
}

class MemorySpan implements Span {
  readonly traceId: string
  readonly context: TraceContext
  readonly #end: (attributes: SpanAttributes, failure: string | undefined) => void
  #attributes: SpanAttributes
  isEnded = false

  constructor(traceId: string, context: TraceContext, attributes: SpanAttributes = {}, end: MemorySpan['endWith']) {
    this.traceId = traceId
    this.context = context
    this.#attributes = attributes
    this.#end = end
  }

  set(attributes: SpanAttributes): void {
    this.#attributes = { ...this.#attributes, ...attributes }
  }

  end(): void {
    this.endWith(this.#attributes, undefined)
  }

  fail(type: string): void {
    this.endWith(this.#attributes, type)
  }

  endWith(attributes: SpanAttributes, failure: string | undefined): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#end(attributes, failure)
  }
}

import type { TraceContext } from './trace-context.ts'

/** What a span says, in the words of the OpenTelemetry semantic conventions where they have one; never what somebody wrote. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** What a span is to the other side (OpenTelemetry's SpanKind). */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** A piece of work of which a trace tells. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** What makes spans of other processes children of this one. */
  readonly context: TraceContext
  /** Does nothing once the span has ended. */
  set(attributes: SpanAttributes): void
  /** Ends it; calling it again does nothing. */
  end(): void
  /** Ends it as failed: `type` is of a fixed set, such as the name of a class of errors. */
  fail(type: string): void
}

/** How a span begins. */
export interface SpanStart {
  readonly kind: SpanKind
  readonly attributes?: SpanAttributes
}

/**
 * Tells in traces which work was done in whose course, in this process and others. Whoever has no tracer does nothing of all
 * this: tracing that is off costs a look whether there is one. It never throws, and never waits for anybody.
 */
export interface Tracer {
  /**
   * Begins a span below one of another process or, without `parent`, a trace. Undefined when it is not recorded: when the sender
   * of `parent` does not record it, or of traces as the configured share has it.
   */
  startSpan(name: string, start: SpanStart & { readonly parent?: TraceContext | undefined }): Span | undefined
  /** Begins a span below the current one; undefined without one. */
  startChild(name: string, start: SpanStart): Span | undefined
  /** The span in whose course this code runs, as long as it has not ended. */
  current(): Span | undefined
  /** Does `work`, and what follows from it, in the course of `span`. */
  run<T>(span: Span, work: () => T): T
}

/** Ends `span` when `work` has settled, as failed when it rejects; settles as `work` does. */
export async function endedWith<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    const result = await work
    span.end()
    return result
  } catch (err) {
    span.fail(failureType(err))
    throw err
  }
}

/** The class of an error: its message may name people, or say what they wrote. */
export function failureType(err: unknown): string {
  return err instanceof Error ? err.name : 'unknown'
}

import { type TraceContext, traceContextOf } from '@parley/domain'
import type { HttpHeaders } from './http-message.ts'

const traceparent = 'traceparent'
const tracestate = 'tracestate'

/** The trace that a request is part of, as whoever sent it says (W3C Trace Context); undefined when it says nothing that can be read. */
export function readTraceHeaders(headers: HttpHeaders): TraceContext | undefined {
  const states = headers.all(tracestate)
  return traceContextOf(headers.get(traceparent), states.length === 0 ? undefined : states.join(','))
}

/** Names and values in turn. */
export function traceHeaders(context: TraceContext): readonly string[] {
  const parent = [traceparent, context.traceparent]
  return context.tracestate === undefined ? parent : [...parent, tracestate, context.tracestate]
}

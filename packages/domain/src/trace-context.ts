/** What of a span travels to other processes (W3C Trace Context). */
export interface TraceContext {
  readonly traceparent: string
  /** What other vendors' tools want to travel along. */
  readonly tracestate?: string
}

const maxTracestateLength = 512
const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The parts of a traceparent. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean
}

/** Reads a traceparent of any version that there may be; undefined when it is none. */
export function parseTraceparent(text: string): TraceParent | undefined {
  if (text.length > 128) return undefined
  const [, traceId, spanId, flags, more] = form.exec(text) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  // Only a later version may have more to say.
  if (text.startsWith('00-') && more !== undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The context in what a peer sent; undefined unless it names a span. A tracestate that nobody should send is left out. */
export function traceContextOf(traceparent: string | undefined, tracestate?: string): TraceContext | undefined {
  if (traceparent === undefined || !parseTraceparent(traceparent)) return undefined
  const isUsable = tracestate !== undefined && tracestate.length <= maxTracestateLength && /^[ -~]+$/.test(tracestate)
  return isUsable ? { traceparent, tracestate } : { traceparent }
}

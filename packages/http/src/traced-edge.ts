import type { Tracer } from '@parley/domain'
import type { HttpHandler } from './http-message.ts'
import { streamsPrefix } from './stream-hub.ts'
import { readTraceHeaders } from './trace-headers.ts'
import { tracedAnswer, tracedMethod } from './traced-answer.ts'

/** How the requests of clients are traced. */
export interface TracedEdgeOptions {
  readonly tracer: Tracer
  /** Whether a request goes on with the trace that it says it is part of, rather than beginning one. */
  readonly trustsClients: boolean
}

/**
 * An edge each of whose requests is a span: the first one of a trace. Those of streams are none: most would be acknowledgements,
 * which say nothing about what was acknowledged.
 */
export function tracedEdge(edge: HttpHandler, { tracer, trustsClients }: TracedEdgeOptions): HttpHandler {
  return (request) => {
    if (request.target.includes(streamsPrefix)) return edge(request)
    const method = tracedMethod(request.method)
    const span = tracer.startSpan(method === '_OTHER' ? 'HTTP' : method, {
      kind: 'server',
      parent: trustsClients ? readTraceHeaders(request.headers) : undefined,
      attributes: { 'http.request.method': method },
    })
    return span ? tracedAnswer(tracer, span, () => edge(request)) : edge(request)
  }
}

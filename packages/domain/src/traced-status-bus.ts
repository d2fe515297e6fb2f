import type { StatusBus, StatusChange } from './status-bus.ts'
import { traceContextOf } from './trace-context.ts'
import type { SpanAttributes, Tracer } from './tracer.ts'

/** A bus that carries the trace of a change along with it; `system` names the product. */
export function tracedStatusBus(bus: StatusBus, tracer: Tracer, system: string): StatusBus {
  const attributes = (operation: string, type: string): SpanAttributes => ({
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.template': 'status',
  })
  const publishing = attributes('publish', 'send')
  const hearing = attributes('hear', 'process')

  function hear(change: StatusChange, listener: (change: StatusChange) => void): void {
    const parent = traceContextOf(change.trace)
    const span = parent && tracer.startSpan('hear status', { kind: 'consumer', parent, attributes: hearing })
    if (!span) {
      listener(change)
      return
    }
    try {
      tracer.run(span, () => listener(change))
    } finally {
      span.end()
    }
  }

  return {
    publish(change) {
      const span = tracer.startChild('publish status', { kind: 'producer', attributes: publishing })
      bus.publish(span ? { ...change, trace: span.context.traceparent } : change)
      span?.end()
    },
    watch: (node, listener) => bus.watch(node, (change) => hear(change, listener)),
    beat: (to, beat) => bus.beat(to, beat),
    onBeat: (home, listener) => bus.onBeat(home, listener),
    onLoss: (listener) => bus.onLoss(listener),
  }
}

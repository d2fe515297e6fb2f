import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock, type Tracer } from '@parley/domain'
import type { EdgeEvents } from '@parley/http'
import type { SharedConfig } from './config-sections.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { readSecretFile } from './secret-file.ts'

/** How a process traces. */
export interface Tracing {
  readonly tracer: Tracer
  /** Whether traces name users, nodes and addresses. */
  readonly names: boolean
  /** Whether a client's request goes on with the trace that it says it is part of. */
  readonly trustsClients: boolean
}

/** Opens what the configuration says; undefined when it says nothing, and nothing is traced. Rejects with ConfigError. */
export async function openTracing(
  { tracing }: Pick<SharedConfig, 'tracing'>,
  role: 'router' | 'home' | 'serve' | 'sync',
  logger: Logger,
): Promise<(Tracing & AsyncDisposable) | undefined> {
  if (!tracing) return undefined
  const { endpoint, ratio, headersFile, names, trustClients } = tracing
  const headers = headersFile === undefined ? undefined : headersIn(readSecretFile(headersFile, 'tracing.headersFile'))
  // NOTE: only now: OpenTelemetry takes long to load, and 8 MB, and most processes trace nothing.
  const { openTracer } = await import('@parley/adapter-otel')
  const tracer = openTracer({
    endpoint,
    ratio,
    headers,
    resource: {
      'service.namespace': 'parley',
      'service.name': `parley-${role}`,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
    },
    clock: systemClock,
    events: {
      exportFailed(reason) {
        logger.error({
          event: 'tracing.failed',
          reason,
          message: 'traces are lost until the receiver takes them again',
        })
      },
      exportResumed() {
        logger.info({ event: 'tracing.resumed' })
      },
    },
  })
  return { tracer, names, trustsClients: trustClients, [Symbol.asyncDispose]: () => tracer[Symbol.asyncDispose]() }
}

/** Events that join a request's log line with its trace: each names the other, and the trace names people if it may. */
export function tracedEvents<Events extends Pick<EdgeEvents, 'requestFinished'>>(
  events: Events,
  { tracer, names }: Pick<Tracing, 'tracer' | 'names'>,
): Events {
  return {
    ...events,
    requestFinished(request) {
      const span = tracer.current()
      if (!span) {
        events.requestFinished(request)
        return
      }
      const { reqId, node, principal, peer } = request
      span.set({ 'parley.request.id': reqId })
      if (names) {
        span.set({
          'client.address': peer,
          ...(node !== undefined && { 'parley.node': node }),
          ...(principal !== undefined && { 'user.id': principal }),
        })
      }
      events.requestFinished({ ...request, traceId: span.traceId })
    },
  }
}

/** Throws ConfigError, which says nothing of what stands there. */
function headersIn(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line, index) => {
      const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([ -~]+)$/.exec(line) ?? []
      if (name === undefined || value === undefined) {
        throw new ConfigError(`line ${index + 1} of the file of "tracing.headersFile" is not NAME: VALUE`)
      }
      return [name, value.trim()]
    }),
  )
}

import type { SyncEngine } from '@parley/directory-sync'
import { failureType, type Tracer } from '@parley/domain'

type Engine = Pick<SyncEngine, 'run' | 'forget'>

/** An engine each of whose runs is a trace, with the numbers of what it did. */
export function tracedSyncEngine(engine: Engine, tracer: Tracer): Engine {
  return {
    forget: () => engine.forget(),
    async run(options) {
      const span = tracer.startSpan('sync', { kind: 'internal' })
      if (!span) return await engine.run(options)
      try {
        const result = await tracer.run(span, () => engine.run(options))
        const { read, added, changed, renamed, removed } = result
        span.set({ 'parley.sync.read': read, 'parley.sync.changes': added + changed + renamed + removed })
        span.end()
        return result
      } catch (err) {
        span.fail(failureType(err))
        throw err
      }
    },
  }
}

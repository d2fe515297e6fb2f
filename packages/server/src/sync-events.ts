import type { SyncFollowerEvents, SyncProgress, SyncResult } from '@parley/directory-sync'
import type { Clock } from '@parley/domain'
import { isExpectedFailure } from './expected-failure.ts'
import type { Logger } from './logger.ts'
import type { SyncMetrics } from './sync-metrics.ts'

/** A long run is not told of more often. */
const toldMs = 5_000

/** What a `parley sync` reports that goes on: each run that changed something, each problem once, each change of what it is able to do. */
export function createSyncEvents(logger: Logger, metrics: SyncMetrics, clock: Clock): SyncFollowerEvents {
  const progressed = progressLog(logger, clock)
  return {
    conditionChanged(condition) {
      metrics.conditionChanged(condition)
      switch (condition.state) {
        case 'standby':
          logger.info({ event: 'sync.standby', message: 'another "parley sync" does the work; this one stands by' })
          return
        case 'active':
          logger.info({ event: 'sync.active' })
          return
        case 'away':
          logger.error({ event: 'sync.away', message: condition.what })
          return
        case 'refused':
          logger.error({ event: 'sync.refused', message: condition.what })
          return
        case 'failed':
          // What an administrator can mend is told in a sentence; a bug of ours shows its stack.
          logger.error({
            event: 'sync.failed',
            ...(isExpectedFailure(condition.err) ? { message: condition.what } : { err: condition.err }),
          })
      }
    },
    ran(result) {
      metrics.ran(result)
      logResult(logger, result)
    },
    progressed,
  }
}

/** Logs what a run did, if anything, and the problems that it found. */
export function logResult(logger: Logger, { newProblems, ...result }: SyncResult): void {
  const { added, changed, renamed, removed, read } = result
  if (read === 'everything' || added + changed + renamed + removed > 0) logger.info({ event: 'sync.ran', ...result })
  for (const { origin, what } of newProblems) logger.warn({ event: 'sync.problem', origin, message: what })
}

/** Logs how far a long run is, every few seconds. */
export function progressLog(logger: Logger, clock: Pick<Clock, 'elapsed'>): (progress: SyncProgress) => void {
  let toldAt = clock.elapsed()
  return ({ phase, done, expected }) => {
    const now = clock.elapsed()
    if (now - toldAt < toldMs) return
    toldAt = now
    logger.info({ event: 'sync.progress', phase, done, ...(expected !== undefined && { expected }) })
  }
}

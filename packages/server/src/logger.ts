import { type DestinationStream, type Logger, pino } from 'pino'
import type { SharedConfig } from './config-sections.ts'

export type { Logger } from 'pino'

/** The log of one process: JSON lines on stderr, since stdout belongs to what scripts read. Bodies and credentials are no fields. */
export function createLogger(level: SharedConfig['log']['level'], destination?: DestinationStream): Logger {
  const stream = destination ?? pino.destination({ dest: 2, sync: false, minLength: 0 })
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}

/** Resolves once everything that was logged is written. */
export function flushed(logger: Logger): Promise<void> {
  return new Promise((resolve) => logger.flush(() => resolve()))
}

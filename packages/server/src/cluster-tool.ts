import { systemIds } from '@parley/domain'
import type { ClusterConfig } from './cluster-config.ts'
import { type ClusterParts, openClusterParts } from './cluster-parts.ts'
import { Conditions } from './conditions.ts'
import { createEvents } from './events.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'

/**
 * Connects a command, rather than a node, to a cluster; it says what is wrong itself, with what it finds in `conditions`. Rejects as
 * `openClusterParts`.
 */
export async function openClusterTool(config: ClusterConfig, conditions = new Conditions()): Promise<ClusterParts> {
  const logger = createLogger('silent')
  const events = createEvents(logger, new Metrics())
  return await openClusterParts(config, { ids: systemIds, logger, conditions, events })
}

import type { FederationEvents } from '@parley/http'
import { RvpError } from '@parley/protocol'
import type { Conditions } from './conditions.ts'
import type { Logger } from './logger.ts'
import { increment, type Metrics } from './metrics.ts'

/** What a process reports about other IM domains; those of the policy are all that metrics name. */
export function createFederationEvents(
  logger: Logger,
  metrics: Metrics,
  conditions: Conditions,
  { requestFinished }: Pick<FederationEvents, 'requestFinished'>,
): FederationEvents {
  return {
    requestFinished,
    exchanged({ domain, direction, reqId, method, status, err }) {
      increment(metrics.federated, `${domain} ${direction} ${status}`)
      if (err === undefined || direction === 'inbound') return
      const reason = err instanceof RvpError ? err.message : undefined
      logger.warn({ event: 'federation.failed', domain, reqId, method, status, reason, ...(!reason && { err }) })
    },
    refused({ peer, reqId, reason }) {
      increment(metrics.refused, 'federation')
      logger.warn({ event: 'federation.refused', peer, reqId, reason })
    },
    reachable(domain, isReachable) {
      const name = `federation ${domain}`
      if (isReachable) conditions.end(name)
      else conditions.begin(name, `the IM domain ${domain} does not answer`)
      logger.warn({ event: isReachable ? 'federation.reachable' : 'federation.unreachable', domain })
    },
  }
}

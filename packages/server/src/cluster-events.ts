import type { NatsEvents } from '@parley/adapter-nats'
import type { RedisEvents } from '@parley/adapter-redis'
import type { Clock, HandBackAnswer, HomeName } from '@parley/domain'
import type { HomeKeeperEvents } from '@parley/home'
import type { ClusterEndpointEvents } from '@parley/http'
import type { RouterEvents } from '@parley/router'
import type { Conditions } from './conditions.ts'
import type { Logger } from './logger.ts'
import { increment, type Metrics } from './metrics.ts'

/** What a node of a cluster reports about Redis. */
export function createRedisEvents(logger: Logger, conditions: Conditions): RedisEvents {
  return {
    connected() {
      conditions.end('redis')
      logger.info({ event: 'redis.connected' })
    },
    disconnected(detail) {
      conditions.begin('redis', `Redis does not answer: ${detail}`)
      logger.error({ event: 'redis.disconnected', detail })
    },
    problem(detail, name) {
      conditions.begin(`redis ${name}`, detail)
      logger.error({ event: 'redis.problem', detail })
    },
    solved(name) {
      conditions.end(`redis ${name}`)
    },
  }
}

/** What a node of a cluster reports about NATS. */
export function createNatsEvents(logger: Logger, metrics: Metrics, conditions: Conditions): NatsEvents {
  return {
    connected(server) {
      conditions.end('nats')
      logger.info({ event: 'nats.connected', server })
    },
    disconnected(detail) {
      conditions.begin('nats', `NATS does not answer: ${detail}`)
      logger.error({ event: 'nats.disconnected', detail })
    },
    problem(detail) {
      conditions.begin('nats', detail)
      logger.error({ event: 'nats.problem', detail })
    },
    lost(count) {
      logger.warn({ event: 'nats.lost', count })
    },
    malformed(subject) {
      increment(metrics.refused, 'bus')
      logger.debug({ event: 'nats.malformed', subject })
    },
    backgroundFailed(what, err) {
      metrics.failures += 1
      logger.error({ event: 'background.failed', what, err })
    },
  }
}

/** What a process reports about the homes that it holds. */
export function createHomeKeeperEvents(
  logger: Logger,
  metrics: Pick<Metrics, 'homeChanges'>,
  conditions: Conditions,
): HomeKeeperEvents {
  const count = (what: string): void => increment(metrics.homeChanges, what)
  return {
    homeTaken(home, epoch) {
      count('taken')
      conditions.end(`home ${home}`)
      logger.info({ event: 'home.taken', home, epoch })
    },
    homeElsewhere(home, { clusterUrl }) {
      const message = `${home} is held by ${clusterUrl}; this process stands by for it`
      logger.info({ event: 'home.elsewhere', home, holder: clusterUrl, message })
    },
    homeAskedBack({ home, holder: { clusterUrl } }, answer, failure) {
      const reason = answer === undefined ? reasonOf(failure) : handBackTexts[answer]
      logger.info({ event: 'home.asked-back', home, holder: clusterUrl, message: `asked for ${home}: ${reason}` })
    },
    homeLost(home, epoch) {
      count('lost')
      logger.error({ event: 'home.lost', home, epoch, message: 'another process has taken it; this one was too slow' })
    },
    homeHandedOver(home, epoch) {
      count('handed-over')
      logger.info({ event: 'home.handed-over', home, epoch })
    },
    homeOpenFailed(home, err) {
      count('open-failed')
      conditions.begin(
        `home ${home}`,
        `${home} cannot be opened: ${err instanceof Error ? err.message : 'see the log'}`,
      )
      logger.error({ event: 'home.open-failed', home, err })
    },
    homeCloseFailed(home, err) {
      logger.error({ event: 'home.close-failed', home, err })
    },
    homesUnlisted(err) {
      logger.warn({ event: 'home.unlisted', err })
    },
    storeAway(err) {
      logger.warn({ event: 'home.leases-away', message: 'serving from memory; nothing can be changed', err })
    },
    storeBack() {
      logger.info({ event: 'home.leases-back' })
    },
  }
}

const handBackTexts: Readonly<Record<HandBackAnswer, string>> = {
  'handed-over': 'it has handed it over',
  own: 'it names the home itself; take the name out of one of the two',
  'too-soon': 'it handed it over not long ago, and waits with the next time',
  'leases-away': 'Redis does not answer it',
  'not-held': 'it does not hold it any more',
}

function reasonOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'no answer'
}

/** How long a router says nothing more of a home that nobody holds. */
const unheldToldMs = 60_000

/** What a router reports. */
export function createRouterEvents(logger: Logger, metrics: Metrics, clock: Clock): RouterEvents {
  const told = new Map<HomeName, number>()
  const tellUnheld = (home: HomeName): void => {
    const now = clock.elapsed()
    if (now - (told.get(home) ?? Number.NEGATIVE_INFINITY) < unheldToldMs) return
    told.set(home, now)
    const message = `nobody holds ${home}: start "parley home --name ${home}", or move its users to another home`
    logger.warn({ event: 'router.home-unheld', home, message })
  }
  return {
    forwarded(_, attempts) {
      increment(metrics.forwarded, attempts === 1 ? 'first' : 'later')
    },
    redirected() {
      increment(metrics.forwarded, 'redirected')
    },
    unheld: tellUnheld,
    held({ reqId, home, holder, err }) {
      increment(metrics.forwarded, 'waited')
      const reason = err instanceof Error ? err.message : `nobody holds ${home}`
      logger.debug({ event: 'router.waiting', reqId, home, holder: holder?.clusterUrl, reason })
    },
    unreachable({ reqId, home, holder, err }) {
      increment(metrics.forwarded, 'unreachable')
      const reason = err instanceof Error ? err.message : undefined
      logger.warn({ event: 'router.unreachable', reqId, home, holder: holder?.clusterUrl, reason })
    },
    overflowed(home) {
      increment(metrics.forwarded, 'overflowed')
      logger.debug({ event: 'router.overflowed', home })
    },
  }
}

/** What the listener for other nodes of the cluster reports. */
export function createEndpointEvents(
  logger: Logger,
  metrics: Metrics,
  { requestFinished }: Pick<ClusterEndpointEvents, 'requestFinished'>,
): ClusterEndpointEvents {
  return {
    requestFinished,
    identityRefused({ peer, err }) {
      increment(metrics.refused, 'identity')
      logger.warn({ event: 'cluster.identity-refused', peer, reason: err.message })
    },
  }
}

import type { DomainEvents } from '@parley/domain'
import type { EdgeEvents, ListenerEvents } from '@parley/http'
import { isRvpMethod, RvpError } from '@parley/protocol'
import type { Logger } from './logger.ts'
import { increment, type Metrics } from './metrics.ts'

/** Every event of the server: each counts and logs together, here and nowhere else (style.md, principle 12). */
export function createEvents(logger: Logger, metrics: Metrics): DomainEvents & EdgeEvents & ListenerEvents {
  return {
    requestFinished({ err, ...request }) {
      // NOTE: a label that strangers choose would let them fill the memory.
      const method = isRvpMethod(request.method) ? request.method : 'other'
      increment(metrics.requests, `${method} ${request.status}`)
      metrics.durations.observe(method, request.durationMs)
      if (err !== undefined && !(err instanceof RvpError)) logger.error({ event: 'request.failed', ...request, err })
      else if (request.status === 503) logger.error({ event: 'request.refused', ...request, err })
      else logger.info({ event: 'request', ...request, ...(err instanceof RvpError && { reason: err.message }) })
    },
    signInFailed(failure) {
      metrics.signInFailures += 1
      logger.warn({ event: 'auth.failed', ...failure })
    },
    presenceChanged(node, state) {
      metrics.presenceChanges += 1
      logger.debug({ event: 'presence.changed', node, state })
    },
    presenceNotified(count) {
      metrics.presenceNotifications += count
    },
    messageDelivered(node, outcome) {
      increment(metrics.deliveries, outcome)
      if (outcome !== 'delivered') logger.info({ event: 'notify.undelivered', node, outcome })
    },
    deviceSignedIn(node, devices) {
      logger.info({ event: 'device.signed-in', node, devices })
    },
    deviceGone(node, why) {
      increment(metrics.devicesGone, why)
      logger.info({ event: 'device.gone', node, why })
    },
    homeHeard(home, isHeard) {
      logger.warn({ event: isHeard ? 'home.heard' : 'home.silent', home })
    },
    watchIgnored(watcher) {
      logger.warn({ event: 'watch.ignored', principal: watcher })
    },
    backgroundFailed(what, err) {
      metrics.failures += 1
      logger.error({ event: 'background.failed', what, err })
    },
    connectionOpened() {
      metrics.connections += 1
    },
    connectionClosed() {
      metrics.connections -= 1
    },
    connectionRefused(reason, peer) {
      increment(metrics.refused, 'connection')
      logger.warn({ event: 'connection.refused', reason, peer })
    },
    requestRefused(status, reason, connection) {
      increment(metrics.refused, `${status}`)
      logger.warn({ event: 'request.malformed', status, reason, peer: connection.remoteAddress })
    },
    handlerFailed(err, request) {
      logger.error({ event: 'handler.failed', method: request.method, peer: request.connection.remoteAddress, err })
    },
    acceptFailed(err) {
      logger.error({ event: 'accept.failed', err })
    },
  }
}

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { ClusterClock, HomeLeasesRedis, LocationsRedis, RenamesRedis, SyncStoreRedis } from '@parley/adapter-redis'
import { SyncEngine, SyncFollower, SyncLease, type SyncPorts } from '@parley/directory-sync'
import { type Clock, systemClock } from '@parley/domain'
import { AdminListener } from './admin-listener.ts'
import { type CertificateDate, certificateDates } from './certificate-dates.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { createRedisEvents } from './cluster-events.ts'
import { Conditions } from './conditions.ts'
import { parseEndpoint } from './endpoint.ts'
import { createLogger, flushed, type Logger } from './logger.ts'
import { openRedis } from './open-redis.ts'
import type { ClusterNode } from './run-node.ts'
import { createSyncEvents } from './sync-events.ts'
import { SyncMetrics } from './sync-metrics.ts'
import { assignableHomes, syncSettings } from './sync-settings.ts'
import { openSyncSource, type SyncSource } from './sync-source.ts'
import { tracedSyncEngine } from './traced-sync-engine.ts'
import { openTracing } from './tracing.ts'

/** What every `parley sync` stands on. */
export interface SyncParts extends AsyncDisposable {
  readonly engine: SyncEngine
  readonly lease: SyncLease
  readonly store: SyncPorts['store']
  readonly source: SyncSource
  readonly clock: Clock
  /** Names this process to operators, and to others that would do the same. */
  readonly holder: string
}

/** Connects to Redis and to where the users come from. Rejects with ConfigError, RedisSetupError, UnavailableError, UsersFileError. */
export async function openSyncParts(
  config: ClusterConfig,
  logger: Logger,
  conditions = new Conditions(),
): Promise<SyncParts> {
  const settings = syncSettings(config)
  await using open = new AsyncDisposableStack()
  const events = createRedisEvents(logger, conditions)
  const redis = open.use(await openRedis(config.redis, { events }))
  const clock = open.use(await ClusterClock.start(redis, systemClock))
  const source = open.use(await openSyncSource(config, logger, clock))
  const store = new SyncStoreRedis(redis)
  const leases = new HomeLeasesRedis(redis)
  const ports: SyncPorts = {
    source: source.source,
    map: new LocationsRedis(redis),
    renames: new RenamesRedis(redis, clock),
    store,
    homes: () => assignableHomes(config, leases),
    clock,
  }
  const holder = `${hostname()} (process ${process.pid}, ${randomUUID().slice(0, 8)})`
  const all = open.move()
  return {
    engine: new SyncEngine(ports, settings),
    lease: new SyncLease({ store, clock, holder }),
    store,
    source,
    clock,
    holder,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A `parley sync` that goes on (design.md, "Roles of the one command"). */
export interface SyncNode extends ClusterNode {
  readonly adminUrl: string | undefined
}

/** Wires `parley sync` by hand; nothing is opened before `start()`. */
export function composeSync(config: ClusterConfig, given: { readonly mostRemoved: number }): SyncNode {
  const logger = createLogger(config.log.level)
  const open = new AsyncDisposableStack()
  const conditions = new Conditions()
  let certificates: readonly CertificateDate[] = []
  const metrics = new SyncMetrics({
    certificates: () => certificates,
    isReady: () => admin.ready,
    isRedisConnected: () => follower !== undefined && !conditions.has('redis'),
  })
  const admin = new AdminListener(metrics)
  let adminUrl: string | undefined
  let follower: SyncFollower | undefined
  return {
    urls: [],
    get adminUrl() {
      return adminUrl
    },
    async start() {
      certificates = certificateDates(config)
      if (config.admin !== undefined) {
        const { address, port } = parseEndpoint(config.admin)
        open.use(admin)
        adminUrl = await admin.open(address, port)
        logger.info({ event: 'admin.ready', url: adminUrl })
      }
      const { engine, lease, store, source, clock, holder } = open.use(await openSyncParts(config, logger, conditions))
      const tracing = open.use(await openTracing(config, 'sync', logger))
      follower = new SyncFollower({
        engine: tracing ? tracedSyncEngine(engine, tracing.tracer) : engine,
        lease,
        store,
        source: source.source,
        clock,
        events: createSyncEvents(logger, metrics, clock),
        holder,
        mostRemoved: given.mostRemoved,
        ...(source.pollMs !== undefined && { pollMs: source.pollMs }),
      })
      follower.start()
      admin.ready = true
      logger.info({ event: 'sync.ready', holder })
    },
    reload: () => {},
    leave() {
      admin.leave()
      return false
    },
    async drain(deadline) {
      admin.ready = false
      logger.info({ event: 'sync.stopping' })
      if (follower && !deadline.aborted) await Promise.race([follower.drain(), once(deadline, 'abort')])
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync()
      if (follower) logger.info({ event: 'sync.stopped' })
      await flushed(logger)
    },
  }
}

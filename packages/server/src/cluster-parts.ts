import { ClusterClock, HomeLeasesRedis, LocationsRedis, RedisConnection } from '@parley/adapter-redis'
import { HolderTable, type Ids, LocationsCached, systemClock } from '@parley/domain'
import { type ClusterClient, ClusterKeys, createClusterClient } from '@parley/http'
import type { ClusterConfig } from './cluster-config.ts'
import { createRedisEvents } from './cluster-events.ts'
import { clusterSecrets, clusterTls, redisSecrets } from './cluster-secrets.ts'
import type { Conditions } from './conditions.ts'
import type { createEvents } from './events.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'

/** What every process of a cluster stands on. */
export interface ClusterParts extends AsyncDisposable {
  readonly redis: RedisConnection
  readonly clock: ClusterClock
  readonly map: LocationsRedis
  readonly locations: LocationsCached
  readonly leases: HomeLeasesRedis
  readonly holders: HolderTable
  readonly keys: ClusterKeys
  readonly client: ClusterClient
  /** Reads the cluster's keys again. Throws ConfigError, and keeps the old ones then. */
  reloadKeys(): void
}

/** Connects to Redis, and opens what is made on it. Rejects with ConfigError, RedisSetupError or UnavailableError. */
export async function openClusterParts(
  config: ClusterConfig,
  given: { ids: Ids; logger: Logger; conditions: Conditions; events: ReturnType<typeof createEvents> },
): Promise<ClusterParts> {
  const { ids, logger, conditions, events } = given
  const keys = readKeys(config)
  await using open = new AsyncDisposableStack()
  const redis = open.use(
    await RedisConnection.open({
      config: config.redis,
      secrets: redisSecrets(config.redis),
      events: createRedisEvents(logger, conditions),
    }),
  )
  const clock = open.use(await ClusterClock.start(redis, systemClock))
  const map = new LocationsRedis(redis)
  const leases = new HomeLeasesRedis(redis)
  const limits = { maxKnown: config.router.cachedNodes }
  const locations = open.use(new LocationsCached({ locations: map, clock, ids, events, limits }))
  const holders = open.use(new HolderTable({ leases, clock }))
  const client = open.use(createClusterClient({ keys, clock, ids, ...clusterTls(config) }))
  const all = open.move()
  return {
    redis,
    clock,
    map,
    locations,
    leases,
    holders,
    keys,
    client,
    reloadKeys: () => keys.replace(clusterSecrets(config)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function readKeys(config: ClusterConfig): ClusterKeys {
  try {
    return new ClusterKeys(clusterSecrets(config))
  } catch (err) {
    if (err instanceof ConfigError) throw err
    throw new ConfigError(`"cluster.keys" cannot be used: ${err instanceof Error ? err.message : 'unknown'}`, {
      cause: err,
    })
  }
}

import { ClusterClock, HomeLeasesRedis, LocationsRedis, type RedisEvents, SyncStoreRedis } from '@parley/adapter-redis'
import { systemClock } from '@parley/domain'
import type { ClusterConfig } from '../cluster-config.ts'
import { openRedis } from '../open-redis.ts'
import { type Finding, findingOf, ok, reasonOf } from './finding.ts'

const patienceMs = 5_000

/** What of a cluster is in Redis. */
export interface RedisOfCluster extends AsyncDisposable {
  /** How Redis does. */
  readonly findings: readonly Finding[]
  /** Undefined when Redis cannot be used. */
  readonly parts?: {
    readonly map: LocationsRedis
    readonly leases: HomeLeasesRedis
    readonly clock: ClusterClock
    readonly syncStore: SyncStoreRedis
  }
}

/** Connects to Redis: answers, is new enough, keeps what it is given, and shows the same time as this machine. */
export async function openCheckedRedis({ redis: config }: ClusterConfig): Promise<RedisOfCluster> {
  const problems: string[] = []
  const events: RedisEvents = {
    connected: () => undefined,
    disconnected: () => undefined,
    problem: (detail) => problems.push(detail),
  }
  await using open = new AsyncDisposableStack()
  try {
    const redis = open.use(await openRedis(config, { events, patienceMs }))
    const clock = open.use(await ClusterClock.start(redis, systemClock))
    const all = open.move()
    const warnings = problems.map((text) => findingOf('warn', text, 'check Redis'))
    return {
      findings: warnings.length > 0 ? warnings : [ok('Redis answers, keeps what it is given, and its clock is ours')],
      parts: {
        map: new LocationsRedis(redis),
        leases: new HomeLeasesRedis(redis),
        clock,
        syncStore: new SyncStoreRedis(redis),
      },
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    }
  } catch (error) {
    return {
      findings: [findingOf('fail', reasonOf(error), 'check "redis" in the configuration, and that Redis runs')],
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
}

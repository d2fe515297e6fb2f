import {
  AttemptBudgetRedis,
  ClusterClock,
  HomeLeasesRedis,
  LocationsRedis,
  NodeStoreRedis,
  PeopleRedis,
  RenamesRedis,
  SyncStoreRedis,
} from '@parley/adapter-redis'
import {
  type AttemptBudget,
  type Clock,
  type HomeLeases,
  type HomeName,
  type Locations,
  type LocationWriter,
  type NodeStore,
  type People,
  type Renames,
  type SyncStore,
  systemClock,
} from '@parley/domain'
import type { ClusterConfig } from './cluster-config.ts'
import { createRedisEvents } from './cluster-events.ts'
import type { Conditions } from './conditions.ts'
import type { Logger } from './logger.ts'
import { openRedis } from './open-redis.ts'

/** What the processes of a cluster have in common: on Redis, or in the memory of a test that runs them all. */
export interface SharedParts {
  readonly clock: Clock
  readonly map: Locations & LocationWriter
  readonly leases: HomeLeases & {
    /** Every home that was ever held. */
    homes(): Promise<readonly HomeName[]>
  }
  /** Finds users of the map. */
  readonly people: People
  readonly renames: Renames
  /** What `parley sync` keeps. */
  readonly sync: SyncStore
  /** Tries of passwords at the directory. */
  readonly attempts: AttemptBudget
  storeOf(home: HomeName): NodeStore
}

/** Connects to Redis. Rejects with ConfigError, also when what is there is of another format, RedisSetupError or UnavailableError. */
export async function openSharedParts(
  { redis: config }: ClusterConfig,
  { logger, conditions }: { logger: Logger; conditions: Conditions },
): Promise<SharedParts & AsyncDisposable> {
  await using open = new AsyncDisposableStack()
  const events = createRedisEvents(logger, conditions)
  const redis = open.use(await openRedis(config, { events }))
  const clock = open.use(await ClusterClock.start(redis, systemClock))
  const map = new LocationsRedis(redis)
  const all = open.move()
  return {
    clock,
    map,
    leases: new HomeLeasesRedis(redis),
    people: new PeopleRedis(redis),
    renames: new RenamesRedis(redis, clock),
    sync: new SyncStoreRedis(redis),
    attempts: new AttemptBudgetRedis(redis),
    storeOf: (home) => new NodeStoreRedis(redis, home),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

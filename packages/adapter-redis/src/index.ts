/**
 * Directory map, node store and leases of homes on Redis 7 or Valkey: a single server, Sentinels or a Cluster; and a clock that all
 * processes of a cluster share. keys.ts lists every key.
 */
export { AttemptBudgetRedis } from './attempts-redis.ts'
export { ClusterClock } from './cluster-clock.ts'
export { type RedisConfig, type RedisSecrets, redisConfig } from './config.ts'
export { FormatRecordRedis } from './format-record-redis.ts'
export { HomeLeasesRedis } from './home-leases-redis.ts'
export { LocationsRedis } from './locations-redis.ts'
export { redisMigrations } from './migrations.ts'
export { NodeStoreRedis } from './node-store-redis.ts'
export { PeopleRedis } from './people-redis.ts'
export { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts'
export { type RedisEvents, silentRedisEvents } from './redis-events.ts'
export { RedisSetupError } from './redis-fault.ts'
export { type RedisServerReport, redisReport } from './redis-report.ts'
export { RenamesRedis } from './renames-redis.ts'
export { SyncStoreRedis } from './sync-store-redis.ts'

import { FormatRecordRedis, RedisConnection, type RedisConnectionOptions, redisMigrations } from '@parley/adapter-redis'
import type { ClusterConfig } from './cluster-config.ts'
import { redisSecrets } from './cluster-secrets.ts'
import { requireFormat } from './store-format.ts'

/** Connects to the Redis of a cluster. Rejects with ConfigError, also when what is there is of another format, RedisSetupError or UnavailableError. */
export async function openRedis(
  config: ClusterConfig['redis'],
  more: Omit<RedisConnectionOptions, 'config' | 'secrets'>,
): Promise<RedisConnection> {
  await using open = new AsyncDisposableStack()
  const redis = open.use(await RedisConnection.open({ ...more, config, secrets: redisSecrets(config) }))
  await requireFormat(new FormatRecordRedis(redis), redisMigrations(redis))
  open.move()
  return redis
}

import type { Migration } from '@parley/domain'
import { HomeLeasesRedis } from './home-leases-redis.ts'
import { LocationsRedis } from './locations-redis.ts'
import { NodeStoreRedis } from './node-store-redis.ts'
import type { RedisConnection } from './redis-connection.ts'

const toldEach = 10_000

/**
 * How what is in Redis came to its present format, a step each; the last one makes the format that this version works with
 * (docs/adr/0025). A new step goes to the end, and is tested with what the version before has written.
 */
export function redisMigrations(connection: RedisConnection): readonly Migration[] {
  return [
    { to: 1, readers: 1, what: 'reads all that is stored, changes nothing', run: (tell) => readAll(connection, tell) },
  ]
}

/** Rejects when something cannot be read. */
async function readAll(connection: RedisConnection, tell: (progress: string) => void): Promise<void> {
  const entries = await count(new LocationsRedis(connection).all(), (read) => tell(`  read ${read} entries of the map`))
  tell(`  the map: ${entries} entries`)
  for (const home of await new HomeLeasesRedis(connection).homes()) {
    const nodes = await count(new NodeStoreRedis(connection, home).load(), (read) =>
      tell(`  read ${read} nodes of ${home}`),
    )
    tell(`  ${home}: ${nodes} nodes`)
  }
}

async function count(items: AsyncIterable<unknown>, tell: (read: number) => void): Promise<number> {
  let read = 0
  for await (const _ of items) {
    read += 1
    if (read % toldEach === 0) tell(read)
  }
  return read
}

import { parseHomeName, systemClock } from '@parley/domain'
import {
  clockContract,
  formatRecordContract,
  homeLeasesContract,
  locationsContract,
  nodeStoreContract,
  peopleContract,
  renamesContract,
  syncStoreContract,
} from '@parley/domain/contracts'
import { describe } from 'vitest'
import {
  ClusterClock,
  FormatRecordRedis,
  HomeLeasesRedis,
  LocationsRedis,
  NodeStoreRedis,
  PeopleRedis,
  type RedisConnection,
  RenamesRedis,
  SyncStoreRedis,
} from '../src/index.ts'
import { arrival, places } from './open-redis.ts'

const home = parseHomeName('hq-1')

describe.each(places())('on $name', ({ open }) => {
  nodeStoreContract(async () => {
    const [first, second] = await open()
    // Somebody has taken the home, long ago.
    await first.run('', (client) => client.set(first.keys.epoch(home), '1'))
    const opened = {
      store: new NodeStoreRedis(first, home),
      async reopen() {
        opened.store = new NodeStoreRedis(second, home)
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
    return opened
  })

  homeLeasesContract(async () => {
    const [first, second] = await open()
    return {
      leases: new HomeLeasesRedis(first),
      other: new HomeLeasesRedis(second),
      elapse: (ms) => elapse(first, ms),
      [Symbol.asyncDispose]: async () => undefined,
    }
  })

  formatRecordContract(async () => {
    const [first, second] = await open()
    return {
      record: new FormatRecordRedis(first),
      other: new FormatRecordRedis(second),
      fill: async () => {
        await new HomeLeasesRedis(first).take(home, { id: 'ann', clusterUrl: 'http://192.0.2.1:9000' }, 1_000)
      },
    }
  })

  locationsContract(async () => {
    const [first, second] = await open()
    return {
      locations: new LocationsRedis(first),
      other: new LocationsRedis(second),
      arrival: () => arrival(first, [first, second]),
    }
  })

  syncStoreContract(async () => {
    const [first, second] = await open()
    return {
      store: new SyncStoreRedis(first),
      other: new SyncStoreRedis(second),
      map: new LocationsRedis(second),
      elapse: (ms) => elapse(first, ms),
    }
  })

  peopleContract(async () => {
    const [first, second] = await open()
    return { people: new PeopleRedis(first), map: new LocationsRedis(second) }
  })

  renamesContract(async () => {
    const [first, second] = await open()
    return {
      renames: new RenamesRedis(first),
      other: new RenamesRedis(second),
      map: new LocationsRedis(second),
      now: () => systemClock.now(),
      arrival: () => arrival(first, [first, second]),
    }
  })

  clockContract(async () => {
    const [connection] = await open()
    return {
      clock: await ClusterClock.start(connection, systemClock),
      elapse: (ms) => new Promise((resolve) => systemClock.after(ms, resolve)),
    }
  })
})

/** Resolves once so much time has passed for Redis. */
async function elapse(connection: RedisConnection, ms: number): Promise<void> {
  // Redis counts whole milliseconds, and a key is still there in its last.
  const end = (await connection.time()) + ms + 1
  while ((await connection.time()) <= end);
}

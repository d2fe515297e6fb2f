import { parseHomeName, systemClock } from '@parley/domain'
import { clockContract, homeLeasesContract, locationsContract, nodeStoreContract } from '@parley/domain/contracts'
import { describe } from 'vitest'
import { ClusterClock, HomeLeasesRedis, LocationsRedis, NodeStoreRedis } from '../src/index.ts'
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
      async elapse(ms) {
        // Redis counts whole milliseconds, and a key is still there in its last.
        const end = (await first.time()) + ms + 1
        while ((await first.time()) <= end);
      },
      [Symbol.asyncDispose]: async () => undefined,
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

  clockContract(async () => {
    const [connection] = await open()
    return {
      clock: await ClusterClock.start(connection, systemClock),
      elapse: (ms) => new Promise((resolve) => systemClock.after(ms, resolve)),
    }
  })
})

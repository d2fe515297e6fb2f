import { type HomeName, type MapEntry, parseHomeName } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { startRedisCluster, startRedisSentinel } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { HomeLeasesRedis, LocationsRedis, NodeStoreRedis, PeopleRedis, type RedisConnection } from '../src/index.ts'
import { connect, EventRecord } from './open-redis.ts'

const alice = userUrl('im.example.com', 'alice')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const longMs = 600_000
const head = { kind: 'put-head', head: { kind: 'user' } } as const

const person: MapEntry = {
  node: alice,
  kind: 'user',
  home: parseHomeName('hq-1'),
  displayName: 'Alice Smith',
  names: ['example\\alice'],
}

describe('Sentinels', () => {
  it('name the replica that takes over, and nothing acknowledged is lost', { timeout: 60_000 }, async () => {
    await using started = await startRedisSentinel()
    const home = parseHomeName('hq-1')
    const events = new EventRecord()
    const settings = {
      sentinels: started.sentinels.map(({ host, port }) => `${host}:${port}`),
      sentinelName: started.masterName,
      replicas: 1,
    }
    const connection = await connect(settings, { events })
    const leases = new HomeLeasesRedis(connection)
    const store = new NodeStoreRedis(connection, home)
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    await store.commit(alice, [head], epoch)
    await new LocationsRedis(connection).put([person])
    const gap = new Promise((resolve) => leases.onChange((changed) => changed ?? resolve('gap')))

    await started.master.kill()
    await expect(store.commit(alice, [{ kind: 'remove-node' }], epoch)).rejects.toThrow(UnavailableError)
    await events.seen(/^connected/, 2)
    await gap
    expect(await started.masterPort()).toBe(started.replica.port)
    expect((await Array.fromAsync(store.load())).map(({ node }) => node)).toEqual([alice])
    expect(await leases.lease(home)).toEqual({ home, epoch, holder: ann })
    expect(await found(connection)).toEqual([alice, alice])
    await expect(store.commit(alice, [head], epoch)).rejects.toThrow(/only 0 of 1 replicas/)
    await leases.release(home, epoch)
    expect(await leases.take(home, ann, longMs)).toBeGreaterThan(epoch)
  })

  it('must know the name', async () => {
    await using started = await startRedisSentinel({ sentinels: 1 })
    const sentinels = started.sentinels.map(({ host, port }) => `${host}:${port}`)
    await expect(connect({ sentinels, sentinelName: 'nobody' })).rejects.toThrow(/`redis.sentinelName`/)
  })
})

describe('A master of a Cluster that goes away', () => {
  it('takes only its homes with it, and all is back when it is', { timeout: 60_000 }, async () => {
    await using cluster = await startRedisCluster()
    const [victim] = cluster.masters
    if (!victim) throw new Error('no master')
    const events = new EventRecord()
    const nodes = cluster.masters.map(({ host, port }) => `${host}:${port}`)
    const connection = await connect({ cluster: nodes }, { events })
    // A Cluster that misses a master serves the others' keys only if it is told to.
    for (const { url } of cluster.masters) {
      const direct = await connect({ url })
      await direct.run('', (client) => client.config('SET', 'cluster-require-full-coverage', 'no'))
    }
    const leases = new HomeLeasesRedis(connection)
    const there = await homeOn(connection, victim.port, true)
    const elsewhere = await homeOn(connection, victim.port, false)
    const store = new NodeStoreRedis(connection, there)
    const other = new NodeStoreRedis(connection, elsewhere)
    const epochs = await Promise.all([there, elsewhere].map((home) => leases.take(home, ann, longMs)))
    await store.commit(alice, [head], epochs[0] ?? 0)
    await new LocationsRedis(connection).put([{ ...person, home: there }])

    await victim.kill()
    await expect(store.commit(alice, [{ kind: 'remove-node' }], epochs[0] ?? 0)).rejects.toThrow(UnavailableError)
    await other.commit(alice, [head], epochs[1] ?? 0)
    await victim.restart()
    await cluster.ready()
    expect(await lasting(() => Array.fromAsync(store.load()))).toHaveLength(1)
    expect(await lasting(() => leases.renew(there, ann, epochs[0] ?? 0, longMs))).toBe(true)
    expect(await leases.leases()).toHaveLength(2)
    expect(await Array.fromAsync(new LocationsRedis(connection).usersOf(there))).toHaveLength(1)
    expect(await lasting(() => found(connection))).toEqual([alice, alice])
  })
})

describe('A Cluster that goes away as a whole', () => {
  it('has writes refused, and is used again with all that was acknowledged', { timeout: 60_000 }, async () => {
    await using cluster = await startRedisCluster(1)
    const [master] = cluster.masters
    if (!master) throw new Error('no master')
    const home = parseHomeName('hq-1')
    const events = new EventRecord()
    const own = { cluster: [`${master.host}:${master.port}`] }
    const connection = await connect(own, { events })
    const leases = new HomeLeasesRedis(connection)
    const store = new NodeStoreRedis(connection, home)
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    await store.commit(alice, [head], epoch)
    const strict = new NodeStoreRedis(await connect({ ...own, replicas: 1 }), home)
    await expect(strict.commit(alice, [head], epoch)).rejects.toThrow(/only 0 of 1 replicas/)
    const gap = new Promise((resolve) => leases.onChange((changed) => changed ?? resolve('gap')))
    await master.kill()
    await events.seen(/^disconnected/)
    await expect(store.commit(alice, [{ kind: 'remove-node' }], epoch)).rejects.toThrow(UnavailableError)
    await master.restart()
    await events.seen(/^connected/, 2)
    await gap
    expect((await Array.fromAsync(store.load())).map(({ node }) => node)).toEqual([alice])
    expect(await leases.renew(home, ann, epoch, longMs)).toBe(true)
  })
})

/** Whom a name and a search lead to. */
async function found(connection: RedisConnection): Promise<unknown[]> {
  const { people } = await new PeopleRedis(connection).search({ words: ['smith'], criteria: {}, limit: 1 })
  return [(await new LocationsRedis(connection).named('example\\alice'))?.node, people[0]?.node]
}

/** A home whose keys are, or are not, on the server at `port`. */
async function homeOn(connection: RedisConnection, port: number, wanted: boolean): Promise<HomeName> {
  for (let number = 1; ; number++) {
    const home = parseHomeName(`home-${number}`)
    const isThere = await connection.run('', async (client) => {
      const slot = Number(await client.cluster('KEYSLOT', connection.keys.epoch(home)))
      const ranges = await client.cluster('SLOTS')
      return ranges.some(([first, last, server]) => server?.[1] === port && first <= slot && slot <= last)
    })
    if (isThere === wanted) return home
  }
}

/** What `work` gives once Redis answers again. */
async function lasting<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }
}

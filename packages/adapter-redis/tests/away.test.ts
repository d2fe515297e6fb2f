import { parseHomeName } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { startRedis } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { HomeLeasesRedis, LocationsRedis, NodeStoreRedis, RedisConnection, redisConfig } from '../src/index.ts'
import { connect, EventRecord } from './open-redis.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const longMs = 600_000
const head = { kind: 'put-head', head: { kind: 'user' } } as const

describe('A Redis that goes away', () => {
  it('has writes refused while it is dead, and all that was acknowledged when it is back', async () => {
    await using server = await startRedis()
    const events = new EventRecord()
    const connection = await connect({ url: server.url }, { events })
    const leases = new HomeLeasesRedis(connection)
    const store = new NodeStoreRedis(connection, home)
    const epoch = await leases.take(home, ann, longMs)
    await store.commit(alice, [head], epoch ?? 0)

    await server.kill()
    await events.seen(/^disconnected: Redis/)
    await expect(store.commit(alice, [{ kind: 'remove-node' }], epoch ?? 0)).rejects.toThrow(UnavailableError)
    await expect(leases.take(home, ann, longMs)).rejects.toThrow(UnavailableError)
    await expect(leases.renew(home, ann, epoch ?? 0, longMs)).rejects.toThrow(UnavailableError)
    await expect(new LocationsRedis(connection).locate(alice)).rejects.toThrow(UnavailableError)

    await server.restart()
    await events.seen(/^connected/, 2)
    expect((await Array.fromAsync(store.load())).map(({ node }) => node)).toEqual([alice])
    expect(await leases.renew(home, ann, epoch ?? 0, longMs)).toBe(true)
    await store.commit(alice, [{ kind: 'remove-node' }], epoch ?? 0)
    expect(await Array.fromAsync(store.load())).toEqual([])
    expect(events.told.map((event) => event.replace(/:.*/, ''))).toEqual(['connected', 'disconnected', 'connected'])
  })

  it('tells listeners that they may have missed something, and then what changes', async () => {
    await using server = await startRedis()
    const connection = await connect({ url: server.url })
    const leases = new HomeLeasesRedis(connection)
    const locations = new LocationsRedis(connection)
    const gaps = Promise.all([
      new Promise((resolve) => leases.onChange((changed) => changed ?? resolve('gap'))),
      new Promise((resolve) => locations.onChange((changed) => changed ?? resolve('gap'))),
    ])
    await server.restart()
    expect(await gaps).toEqual(['gap', 'gap'])
    const told = new Promise((resolve) => leases.onChange(resolve))
    await new HomeLeasesRedis(await connect({ url: server.url })).take(home, ann, longMs)
    expect(await told).toBe(home)
  })

  it('is given up on within seconds when it hangs, and used again when it goes on', async () => {
    await using server = await startRedis()
    const events = new EventRecord()
    const connection = await connect({ url: server.url }, { events })
    const leases = new HomeLeasesRedis(connection)
    const store = new NodeStoreRedis(connection, home)
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    await store.commit(alice, [head], epoch)
    await server.pause()
    const commits = ['1', '2', '3'].map((xml) =>
      store.commit(alice, [{ kind: 'put-property', property: { name: '{urn:x}a', xml } }], epoch),
    )
    for (const commit of commits) await expect(commit).rejects.toThrow(UnavailableError)
    await events.seen(/^disconnected/)
    await server.resume()
    await events.seen(/^connected/, 2)
    await store.commit(alice, [{ kind: 'put-property', property: { name: '{urn:x}a', xml: 'last' } }], epoch)
    expect((await Array.fromAsync(store.load()))[0]?.properties).toEqual([{ name: '{urn:x}a', xml: 'last' }])
  })

  it('fails what waits for an answer when the connection is closed', async () => {
    await using server = await startRedis()
    const connection = await RedisConnection.open({ config: redisConfig.parse({ url: server.url }) })
    await server.pause()
    const waiting = new HomeLeasesRedis(connection).homes()
    await connection[Symbol.asyncDispose]()
    await expect(waiting).rejects.toThrow(UnavailableError)
    await expect(new HomeLeasesRedis(connection).homes()).rejects.toThrow(UnavailableError)
    await connection[Symbol.asyncDispose]()
  })

  it('forgets our scripts without harm', async () => {
    await using server = await startRedis()
    const connection = await connect({ url: server.url })
    const store = new NodeStoreRedis(connection, home)
    const epoch = (await new HomeLeasesRedis(connection).take(home, ann, longMs)) ?? 0
    await store.commit(alice, [head], epoch)
    await connection.run('', (client) => client.script('FLUSH'))
    const values = ['1', '2', '3', '4']
    await Promise.all(
      values.map((xml) => store.commit(alice, [{ kind: 'put-property', property: { name: '{urn:x}a', xml } }], epoch)),
    )
    expect((await Array.fromAsync(store.load()))[0]?.properties).toEqual([{ name: '{urn:x}a', xml: '4' }])
  })
})

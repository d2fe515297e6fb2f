import { parseHomeName } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { startRedis } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { HomeLeasesRedis, LocationsRedis, NodeStoreRedis } from '../src/index.ts'
import { connect, EventRecord } from './open-redis.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const longMs = 600_000
const head = { kind: 'put-head', head: { kind: 'user' } } as const

describe('The password of Redis', () => {
  it('is taken from the secrets, and never told', async () => {
    await using server = await startRedis({ config: { requirepass: 'right-one' } })
    const { url } = server
    const connection = await connect({ url }, { secrets: { password: 'right-one' } })
    expect(await new HomeLeasesRedis(connection).homes()).toEqual([])
    const wrong: unknown = await connect({ url }, { secrets: { password: 'wrong-one' } }).catch((error) => error)
    expect(String(wrong)).toBe(
      'RedisSetupError: Redis refuses the password, or the user: check `redis.username` and its password',
    )
    expect(JSON.stringify(wrong)).not.toContain('wrong-one')
    await expect(connect({ url })).rejects.toThrow(/wants a password: give it in the file of `redis.passwordFile`/)
  })

  it('belongs to a user with the rights that we need and no more', async () => {
    await using server = await startRedis()
    const { url } = server
    const admin = await connect({ url })
    const rights = ['~parley:*', '&parley:*', '+@all', '-@dangerous', '-@admin', '+info']
    await admin.run('', (client) => client.acl('SETUSER', 'parley', 'ON', '>right-one', ...rights))
    const events = new EventRecord()
    const own = { url, username: 'parley' }
    const connection = await connect(own, { secrets: { password: 'right-one' }, events })
    const epoch = (await new HomeLeasesRedis(connection).take(home, ann, longMs)) ?? 0
    await new NodeStoreRedis(connection, home).commit(alice, [head], epoch)
    const entry = { node: alice, kind: 'user', home, displayName: 'Alice' } as const
    await new LocationsRedis(connection).put([entry])
    expect(await Array.fromAsync(new LocationsRedis(connection).all())).toEqual([entry])
    const other = await connect({ ...own, prefix: 'other' }, { secrets: { password: 'right-one' } }).catch(
      (error) => error,
    )
    if (!(other instanceof Error)) await expect(new HomeLeasesRedis(other).homes()).rejects.toThrow(/may not do this/)
    expect(events.told).toEqual(['connected'])
  })
})

describe('A Redis with settings that lose data', () => {
  it.each([
    ['keeps nothing on disk', { appendonly: 'no' }, /set "appendonly yes"/],
    ['throws away what it has no room for', { 'maxmemory-policy': 'allkeys-lru' }, /set "maxmemory-policy noeviction"/],
  ])('that %s is reported once', async (_, config, problem) => {
    await using server = await startRedis({ config })
    const events = new EventRecord()
    await connect({ url: server.url }, { events })
    await server.restart()
    await events.seen(/^connected/, 2)
    await connect({ url: server.url })
    expect(events.told.filter((event) => event.startsWith('problem'))).toEqual([expect.stringMatching(problem)])
  })

  it('that is full has writes refused, keeps what it has, and is reported until a write succeeds', async () => {
    await using server = await startRedis()
    const events = new EventRecord()
    const connection = await connect({ url: server.url }, { events })
    const store = new NodeStoreRedis(connection, home)
    const epoch = (await new HomeLeasesRedis(connection).take(home, ann, longMs)) ?? 0
    await store.commit(alice, [head], epoch)
    for (const round of [1, 2]) {
      await connection.run('', (client) => client.config('SET', 'maxmemory', '1'))
      await expect(store.commit(alice, [head], epoch)).rejects.toThrow(/Redis is full.*raise maxmemory/)
      await expect(store.commit(alice, [head], epoch)).rejects.toThrow(/Redis is full/)
      expect(await Array.fromAsync(store.load())).toHaveLength(1)
      expect(events.told.filter((event) => event.includes('Redis is full'))).toHaveLength(round)
      await connection.run('', (client) => client.config('SET', 'maxmemory', '0'))
      await store.commit(alice, [head], epoch)
    }
  })
})

describe('Replicas', () => {
  it('hold a write before it is acknowledged', async () => {
    await using primary = await startRedis({ config: { 'repl-diskless-sync-delay': '0' } })
    const config = { replicaof: `${primary.host} ${primary.port}` }
    await using replica = await startRedis({ config })
    const connection = await connect({ url: primary.url, replicas: 1 })
    const there = await connect({ url: replica.url })
    const leases = new HomeLeasesRedis(connection)
    const store = new NodeStoreRedis(connection, home)
    await there.run('', async (client) => {
      while (!(await client.info('replication')).includes('master_link_status:up'));
    })
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    const users = Array.from({ length: 300 }, (_, number) => userUrl('im.example.com', `user${number}`))
    await Promise.all(users.map((user) => store.commit(user, [head], epoch)))
    expect(await Array.fromAsync(new NodeStoreRedis(there, home).load())).toHaveLength(300)
    await expect(new NodeStoreRedis(there, home).commit(alice, [head], epoch)).rejects.toThrow(
      /is a replica and takes no writes/,
    )
    await replica.kill()
    await expect(store.commit(alice, [head], epoch)).rejects.toThrow(/only 0 of 1 replicas have confirmed/)
  })
})

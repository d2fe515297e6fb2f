import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CorruptStoreError, type HomeName, type MapEntry, parseHomeName } from '@parley/domain'
import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { type RunningServer, startRedis } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  HomeLeasesRedis,
  LocationsRedis,
  NodeStoreRedis,
  PeopleRedis,
  type RedisConnection,
  RedisSetupError,
  RenamesRedis,
  SyncStoreRedis,
} from '../src/index.ts'
import { connect, EventRecord } from './open-redis.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const secret = 'kept-between-us'
const longMs = 600_000

let server: RunningServer
let prefixes = 0
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Opened {
  readonly connection: RedisConnection
  readonly events: EventRecord
  readonly store: NodeStoreRedis
  readonly leases: HomeLeasesRedis
  readonly locations: LocationsRedis
}

async function open(): Promise<Opened> {
  const events = new EventRecord()
  const connection = await connect({ url: server.url, prefix: `nonsense-${prefixes++}` }, { events })
  return {
    connection,
    events,
    store: new NodeStoreRedis(connection, home),
    leases: new HomeLeasesRedis(connection),
    locations: new LocationsRedis(connection),
  }
}

describe('Nonsense in Redis: the node store', () => {
  const fields: readonly (readonly [string, string])[] = [
    ['s:1', secret],
    ['s:1', `["${secret}"]`],
    ['s:1', '["pragma/notify","http://im.example.com/a",["file","/etc"],"x","y",1]'],
    ['s:1', '["pragma/notify","HTTP://IM.example.com/a",["stream","t"],"x","y",1]'],
    ['s:0', '["pragma/notify","http://im.example.com/a",["stream","t"],"x","y",1]'],
    ['s:1e1', '["pragma/notify","http://im.example.com/a",["stream","t"],"x","y",1]'],
    ['s:', '["pragma/notify","http://im.example.com/a",["stream","t"],"x","y",1]'],
    ['v:1', '["online","asleep",1,null]'],
    ['head', '["robot",null,null,null,null]'],
    ['head', '["user",null,[[["all"],"any",["fly"],[]]],null,null]'],
    ['what', secret],
  ]

  it.each(fields)('loads nothing past a field %s that holds %j, and names it', async (field, value) => {
    const { connection, store } = await open()
    const key = connection.keys.node(home, alice)
    await connection.run('', async (client) => {
      await client.hset(key, field, value)
      await client.sadd(connection.keys.nodes(home), 'im.example.com/instmsg/aliases/alice')
    })
    const error: unknown = await Array.fromAsync(store.load()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CorruptStoreError)
    expect(String(error)).toContain(`the key "${key}" in Redis cannot be read: its field "${field}"`)
    expect(String(error)).not.toContain(secret)
  })

  it.each(['IM.example.com/instmsg/aliases/alice', 'nowhere', ''])(
    'loads nothing when its index names %j',
    async (part) => {
      const { connection, store } = await open()
      await connection.run('', (client) => client.sadd(connection.keys.nodes(home), part))
      await expect(Array.fromAsync(store.load())).rejects.toThrow(CorruptStoreError)
    },
  )

  it('loads nothing when a node of its index is gone', async () => {
    const { connection, store } = await open()
    await connection.run('', (client) =>
      client.sadd(connection.keys.nodes(home), 'im.example.com/instmsg/aliases/alice'),
    )
    await expect(Array.fromAsync(store.load())).rejects.toThrow(/it is gone/)
  })

  const strangers: readonly (readonly [string, (connection: RedisConnection) => string])[] = [
    ['a node', ({ keys }) => keys.node(home, alice)],
    ['the index', ({ keys }) => keys.nodes(home)],
    ['the epoch', ({ keys }) => keys.epoch(home)],
    ['the attempt', ({ keys }) => keys.attempt(home)],
  ]
  it.each(strangers)('writes nothing when %s is of another type, and says so once', async (_, keyOf) => {
    const { connection, store, leases, events } = await open()
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    const key = keyOf(connection)
    await connection.run('', async (client) => {
      await client.del(key)
      await client.rpush(key, secret)
    })
    for (let tries = 0; tries < 2; tries++)
      await expect(store.commit(alice, [{ kind: 'put-head', head: { kind: 'user' } }], epoch)).rejects.toThrow(
        /holds data of another type.*`redis\.prefix`/,
      )
    expect(await connection.run('', (client) => client.lrange(key, 0, -1))).toEqual([secret])
    expect(events.told).toEqual([
      'connected',
      expect.stringMatching(/^problem: a key of ours holds data of another type/),
    ])
  })

  it('writes nothing when the epoch is no number', async () => {
    const { connection, store } = await open()
    await connection.run('', (client) => client.set(connection.keys.epoch(home), secret))
    await expect(store.commit(alice, [{ kind: 'remove-node' }], 1)).rejects.toThrow(
      /epoch key of a home holds no number/,
    )
  })

  it.each([secret, '1', '1:x', ':1'])('writes nothing when the attempt is %j', async (text) => {
    const { connection, store, leases } = await open()
    const epoch = (await leases.take(home, ann, longMs)) ?? 0
    await connection.run('', (client) => client.set(connection.keys.attempt(home), text))
    await expect(store.commit(alice, [{ kind: 'remove-node' }], epoch)).rejects.toThrow(/or its attempt key no two/)
  })
})

describe('Nonsense in Redis: leases', () => {
  it.each([
    secret,
    '{}',
    '{"epoch":1,"holder":{}}',
    '{"epoch":1.5,"holder":{"id":"a","clusterUrl":"http://b"}}',
    '{"epoch":1,"holder":{"id":"a","clusterUrl":"b"}}',
  ])('tells that a lease is %j instead of one, and lets nobody have the home', async (text) => {
    const { connection, leases, events } = await open()
    expect(await leases.take(home, ann, longMs)).toBeGreaterThan(0)
    const key = connection.keys.lease(home)
    await connection.run('', (client) => client.set(key, text))
    await expect(leases.lease(home)).rejects.toThrow(`the key "${key}" in Redis holds no lease: delete it`)
    expect(await leases.take(home, ann, longMs)).toBeUndefined()
    const oslo = parseHomeName('oslo-1')
    await leases.take(oslo, ann, longMs)
    expect(await leases.leases()).toMatchObject([{ home: oslo }])
    expect(events.told.filter((event) => event.startsWith('problem'))).toHaveLength(1)
    await connection.run('', (client) => client.del(key))
    expect(await leases.take(home, ann, longMs)).toBeGreaterThan(0)
  })

  it('passes over homes with impossible names, and takes strange messages for a gap', async () => {
    const { connection, leases } = await open()
    await connection.run('', (client) => client.sadd(connection.keys.homes, 'Hq 1', '', 'oslo-1'))
    expect(await leases.homes()).toEqual(['oslo-1'])
    const heard = new Promise<HomeName | undefined>((resolve) => leases.onChange(resolve))
    await connection.run('', (client) => client.publish(connection.keys.leasesChannel, '{}'))
    expect(await heard).toBeUndefined()
  })
})

describe('Nonsense in Redis: the directory map', () => {
  it.each([secret, '[]', '{"home":"HQ","kind":"user","name":""}', '{"home":"hq-1","kind":"user"}'])(
    'tells that an entry is %j instead of one, until it is published again',
    async (text) => {
      const { connection, locations, events } = await open()
      const key = connection.keys.location(alice)
      await connection.run('', (client) => client.set(key, text))
      await connection.run('', (client) =>
        client.sadd(connection.keys.users(home), 'im.example.com/instmsg/aliases/alice'),
      )
      for (const work of [() => locations.locate(alice), () => locations.move(alice, home, parseHomeName('oslo-1'))]) {
        const error: unknown = await work().catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(UnavailableError)
        expect(String(error)).toContain(`the key "${key}" in Redis holds no entry of the directory map`)
        expect(String(error)).not.toContain(secret)
      }
      expect(events.told.filter((event) => event.startsWith('problem'))).toHaveLength(1)
      const entry = { node: alice, kind: 'user', home, displayName: 'Alice' } as const
      await locations.put([entry])
      expect(await locations.locate(alice)).toEqual(entry)
    },
  )

  it('passes over an entry that is none when many are read, tells it once, and has it at its home when it is written again', async () => {
    const { connection, locations, leases, events } = await open()
    const [bob, entryOf] = [
      userUrl('im.example.com', 'bob'),
      (node: LogicalUrl): MapEntry => ({ node, kind: 'user', home, displayName: '', names: [] }),
    ]
    await leases.take(home, ann, longMs)
    await locations.put([entryOf(alice), entryOf(bob)])
    const key = connection.keys.location(alice)
    await connection.run('', (client) => client.set(key, secret))
    for (let times = 0; times < 2; times++) {
      const lists = [Array.fromAsync(locations.usersOf(home)), Array.fromAsync(locations.all())]
      for (const users of await Promise.all(lists)) expect(users.map(({ node }) => node)).toEqual([bob])
      await locations.put([entryOf(bob)])
    }
    const told = `holds no entry of the directory map: have "parley sync --once --full" write it again, or delete it`
    expect(events.told).toEqual(['connected', `problem: the key "${key}" in Redis ${told}`])
    await locations.put([{ ...entryOf(alice), home: parseHomeName('oslo-1') }])
    expect(await locations.entry(alice)).toEqual(entryOf(alice))
    expect(events.told.at(-1)).toBe(`solved: ${key}`)
  })

  it.each(['', '[1]', '["x"]', secret])('takes the message %j for a gap', async (message) => {
    const { connection, locations } = await open()
    const heard = new Promise((resolve) => locations.onChange(resolve))
    await connection.run('', (client) => client.publish(connection.keys.locationsChannel, message))
    expect(await heard).toBeUndefined()
  })
})

describe('Nonsense in Redis: what leads to entries', () => {
  const entry: MapEntry = {
    node: alice,
    kind: 'user',
    home,
    displayName: 'Alice',
    id: 'id-alice',
    names: ['alice'],
    attributes: {},
  }

  it.each(['[]', '{"names":"x"}', '{"attributes":{"a":1}}', secret])(
    'tells that the second line of an entry is %j, and routes by the first all the same',
    async (line) => {
      const { connection, locations, events } = await open()
      await locations.put([entry])
      const key = connection.keys.location(alice)
      await connection.run('', (client) => client.set(key, `{"home":"hq-1","kind":"user","name":"Alice"}\n${line}`))
      expect(await locations.locate(alice)).toEqual({ node: alice, kind: 'user', home, displayName: 'Alice' })
      for (const work of [() => locations.entry(alice), () => locations.named('alice')]) {
        const error: unknown = await work().catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(UnavailableError)
        expect(String(error)).not.toContain(secret)
      }
      expect(events.told.filter((event) => event.startsWith('problem'))).toHaveLength(1)
      await locations.put([entry])
      expect(await locations.entry(alice)).toEqual(entry)
    },
  )

  it.each(['', 'nowhere', 'alice@IM.example.com', '@', 'bob@im.example.com', secret])(
    'finds nobody by a name or an id that leads to %j',
    async (ref) => {
      const { connection, locations } = await open()
      const { keys } = connection
      await locations.put([entry, { ...entry, node: userUrl('im.example.com', 'bob'), id: 'id-bob', names: [] }])
      await connection.run('', (client) => client.hset(keys.names('alice'), 'alice', ref))
      expect(await locations.named('alice')).toBeUndefined()
    },
  )

  it.each(['{}', '["x"]', secret])('tells that the members of a group are %j', async (text) => {
    const { connection, locations } = await open()
    const key = connection.keys.members(alice)
    await connection.run('', (client) => client.set(key, text))
    const error: unknown = await locations.membersOf(alice).catch((reason: unknown) => reason)
    expect(String(error)).toContain(`the key "${key}" in Redis holds no members`)
    expect(String(error)).not.toContain(secret)
  })

  it('passes over strange notes of interrupted writers, and over strange members of the index of people', async () => {
    const { connection, locations } = await open()
    const { keys } = connection
    await locations.put([entry])
    await connection.run('', async (client) => {
      await client.hset(keys.changing, 'nowhere', secret, 'im.example.com/instmsg/aliases/alice', secret)
      for (const member of [
        'alice',
        'alice\0\0nowhere',
        'alice x\0,1,\0@im.example.com',
        'alice\0,\0bob@im.example.com',
      ])
        await client.zadd(keys.people('words'), 0, member)
    })
    await locations.put([entry])
    expect(await connection.run('', (client) => client.exists(keys.changing))).toBe(0)
    const query = { words: ['alice'], criteria: {}, limit: 10 }
    expect((await new PeopleRedis(connection).search(query)).people.map(({ node }) => node)).toEqual([alice])
  })
})

describe('Nonsense in Redis: what parley sync keeps, and renames', () => {
  const reads: readonly (readonly [string, (connection: RedisConnection) => Promise<unknown>])[] = [
    ['state', (connection) => new SyncStoreRedis(connection).state()],
    ['waiting', (connection) => new SyncStoreRedis(connection).waiting()],
    ['problems', (connection) => new SyncStoreRedis(connection).problems()],
    ['former', (connection) => new SyncStoreRedis(connection).former(['x'])],
    ['off', (connection) => new SyncStoreRedis(connection).switchedOff()],
    ['groups', (connection) => Array.fromAsync(new SyncStoreRedis(connection).memberships())],
    ['latest', (connection) => new RenamesRedis(connection).find(alice)],
    ['log', (connection) => new RenamesRedis(connection).since(0)],
  ]

  it.each(reads)('is told, by its key: %s', async (what, read) => {
    const { connection, events } = await open()
    await connection.run('', async (client) => {
      const { keys } = connection
      await client.set(keys.sync('state'), `{"fingerprint":"${secret}"}`)
      await client.hset(keys.sync('waiting'), 'x', `{"entry":"${secret}"}`)
      await client.rpush(keys.sync('problems'), secret)
      await client.hset(keys.sync('former'), 'x', `hq-1 ${secret}`)
      await client.hset(keys.sync('off'), 'x', secret)
      await client.hset(keys.sync('groups'), 'x', `{"a":"${secret}"}`)
      await client.hset(keys.renames('latest'), 'alice@im.example.com', `1 alice@im.example.com ${secret} 9`)
      await client.zadd(keys.renames('log'), 1, `1 alice@im.example.com bob@im.example.com ${secret}`)
    })
    const error: unknown = await read(connection).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UnavailableError)
    expect(String(error)).toContain(`:${what}"`)
    expect(String(error)).not.toContain(secret)
    expect(events.told.filter((event) => event.startsWith('problem'))).toHaveLength(1)
  })
})

describe('Something else where Redis should be', () => {
  it('is told to be no Redis', async () => {
    const http = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => http.once('listening', resolve))
      const { port } = http.address() as AddressInfo
      await expect(connect({ url: `redis://127.0.0.1:${port}` })).rejects.toThrow(
        new RedisSetupError('what answers is not Redis: check host and port'),
      )
    } finally {
      http.close()
    }
  })

  it('is waited for a while when nobody answers', async () => {
    await using gone = await startRedis()
    await gone.kill()
    await expect(connect({ url: gone.url }, { patienceMs: 300 })).rejects.toMatchObject({
      name: 'UnavailableError',
      message: expect.stringMatching(/ECONNREFUSED.*; check host and port, and whether it speaks TLS there$/),
    })
  })

  it('is told to be no Cluster', async () => {
    const { host, port } = server
    await expect(connect({ cluster: [`${host}:${port}`] })).rejects.toThrow(/no Cluster: give `redis.url`/)
  })

  it.each([{}, { cluster: ['127.0.0.1:1'], url: 'redis://127.0.0.1:1' }])(
    'needs one kind of address: %j',
    async (settings) => {
      await expect(connect(settings)).rejects.toThrow(RedisSetupError)
    },
  )
})

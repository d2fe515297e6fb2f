import { type NodeChange, parseHomeName } from '@parley/domain'
import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { startRedis, startRedisCluster } from '@parley/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HomeLeasesRedis, NodeStoreRedis, type RedisConnection } from '../src/index.ts'
import { nodePart } from '../src/keys.ts'
import { Detour } from './detour.ts'
import { connect, EventRecord } from './open-redis.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const ben = { id: 'ben-1', clusterUrl: 'http://192.0.2.2:9000' }
const longMs = 600_000

interface Opened {
  readonly detour: Detour
  readonly events: EventRecord
  readonly connection: RedisConnection
}

const places: readonly { readonly name: string; readonly open: () => Promise<Opened> }[] = [
  {
    name: 'one server',
    async open() {
      const server = owned(await startRedis())
      return await through(server.port, (address) => ({ url: `redis://${address}` }))
    },
  },
  {
    name: 'a server and its replica',
    async open() {
      const server = owned(await startRedis({ config: { 'repl-diskless-sync-delay': '0' } }))
      const replica = owned(await startRedis({ config: { replicaof: `${server.host} ${server.port}` } }))
      const there = await connect({ url: replica.url })
      await there.run('', async (client) => {
        while (!(await client.info('replication')).includes('master_link_status:up'));
      })
      return await through(server.port, (address) => ({ url: `redis://${address}`, replicas: 1 }))
    },
  },
  {
    name: 'a Cluster',
    async open() {
      const { masters } = owned(await startRedisCluster(1))
      const [master] = masters
      if (!master) throw new Error('no master')
      const direct = await connect({ url: master.url })
      return await through(master.port, async (address, port) => {
        await direct.run('', (client) => client.config('SET', 'cluster-announce-port', port))
        return { cluster: [address] }
      })
    },
  },
]

describe.each(places)('A write that comes late to $name', ({ open }) => {
  const pairs: readonly (readonly [string, readonly NodeChange[], readonly NodeChange[], readonly string[]])[] = [
    ['another value', [property('late')], [property('new')], ['new']],
    ['what was removed', [property('late')], [remove('a')], []],
    ['the removal of what was put', [remove('a')], [property('new')], ['new']],
    ['the removal of the node', [{ kind: 'remove-node' }], [property('new')], ['new']],
    ['a removed node', [property('late')], [{ kind: 'remove-node' }], []],
  ]

  it.each(pairs)('brings back nothing: %s', async (_, late, next, left) => {
    const { detour, events, connection } = await open()
    const epoch = await take(connection)
    const store = new NodeStoreRedis(connection, home)
    await store.commit(alice, [property('first')], epoch)
    const bring = await strand(detour, store.commit(alice, late, epoch))
    await events.seen(/^connected/, 2)
    await store.commit(alice, next, epoch)
    await bring()
    expect(await values(store, alice)).toEqual(left)
    await store.commit(alice, [property('last')], epoch)
    expect(await values(store, alice)).toEqual(['last'])
  })

  it('is done when nothing newer has been written, as one whose answer was lost', async () => {
    const { detour, events, connection } = await open()
    const epoch = await take(connection)
    const store = new NodeStoreRedis(connection, home)
    await store.commit(alice, [property('first')], epoch)
    const bring = await strand(detour, store.commit(alice, [property('late')], epoch))
    await events.seen(/^connected/, 2)
    await bring()
    expect(await values(store, alice)).toEqual(['late'])
    await store.commit(alice, [property('new')], epoch)
    expect(await values(store, alice)).toEqual(['new'])
  })

  it('changes no node, when many were being written', async () => {
    const { detour, events, connection } = await open()
    const epoch = await take(connection)
    const store = new NodeStoreRedis(connection, home)
    for (const node of [alice, bob]) await store.commit(node, [property('first')], epoch)
    const late = [bob, alice, bob, alice].map((node) => store.commit(node, [property('late')], epoch))
    const bring = await strand(detour, ...late)
    await events.seen(/^connected/, 2)
    await Promise.all([alice, bob].map((node) => store.commit(node, [property('new')], epoch)))
    await bring()
    expect(await values(store, alice)).toEqual(['new'])
    expect(await values(store, bob)).toEqual(['new'])
  })

  it('changes nothing after two failures, whichever it belongs to', async () => {
    const { detour, events, connection } = await open()
    const epoch = await take(connection)
    const store = new NodeStoreRedis(connection, home)
    await store.commit(alice, [property('first')], epoch)
    const bringFirst = await strand(detour, store.commit(alice, [property('late')], epoch))
    await events.seen(/^connected/, 2)
    const bringSecond = await strand(detour, store.commit(alice, [property('late')], epoch))
    await events.seen(/^connected/, 3)
    await store.commit(alice, [property('new')], epoch)
    await bringSecond()
    await bringFirst()
    expect(await values(store, alice)).toEqual(['new'])
  })

  it('hinders no later holder, however many writes of the former one failed', async () => {
    const { detour, events, connection } = await open()
    const epoch = await take(connection)
    const store = new NodeStoreRedis(connection, home)
    await store.commit(alice, [property('first')], epoch)
    const bring = await strand(detour, store.commit(alice, [property('late')], epoch))
    for (let tries = 0; tries < 100; tries++)
      await store.commit(alice, [property('late')], epoch).catch(() => undefined)
    await events.seen(/^connected/, 2)
    await store.commit(alice, [property('second')], epoch)
    await new HomeLeasesRedis(connection).release(home, epoch)
    const next = await take(connection, ben)
    const successor = new NodeStoreRedis(connection, home)
    await successor.commit(alice, [property('new')], next)
    await bring()
    expect(await values(successor, alice)).toEqual(['new'])
  })
})

/** Ends with the test. */
function owned<T extends AsyncDisposable>(started: T): T {
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}

async function through(
  target: number,
  settings: (address: string, port: number) => Parameters<typeof connect>[0] | Promise<Parameters<typeof connect>[0]>,
): Promise<Opened> {
  const detour = owned(new Detour(target))
  await detour.open()
  const events = new EventRecord()
  const connection = await connect(await settings(`127.0.0.1:${detour.port}`, detour.port), { events })
  return { detour, events, connection }
}

/** Loses the connection while these writes are on their way; returns how to bring them. */
async function strand(detour: Detour, ...writes: Promise<void>[]): Promise<() => Promise<void>> {
  for (const write of writes) write.catch(() => undefined)
  detour.keep()
  await detour.keeps(nodePart(alice))
  const bring = detour.strand()
  for (const write of writes) await expect(write).rejects.toThrow(UnavailableError)
  return bring
}

async function take(connection: RedisConnection, holder = ann): Promise<number> {
  const epoch = await new HomeLeasesRedis(connection).take(home, holder, longMs)
  if (epoch === undefined) throw new Error('the home is held')
  return epoch
}

async function values(store: NodeStoreRedis, node: LogicalUrl): Promise<string[]> {
  const nodes = await Array.fromAsync(store.load())
  return nodes.find((stored) => stored.node === node)?.properties.map(({ xml }) => xml) ?? []
}

function property(xml: string): NodeChange {
  return { kind: 'put-property', property: { name: '{urn:x}a', xml } }
}

function remove(name: string): NodeChange {
  return { kind: 'remove-property', name: `{urn:x}${name}` }
}

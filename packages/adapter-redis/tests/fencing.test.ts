import { type NodeChange, parseHomeName, StaleEpochError } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { HomeLeasesRedis, NodeStoreRedis, type RedisConnection } from '../src/index.ts'
import { EventRecord, places } from './open-redis.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')
const ann = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const ben = { id: 'ben-1', clusterUrl: 'http://192.0.2.2:9000' }
const longMs = 600_000

describe.each(places())('A home on $name', ({ open }) => {
  it('cannot be written by a holder that lost it, whatever it had sent before it knew', async () => {
    const [first, second] = await open()
    const old = await take(first, ann)
    const [store, next] = [new NodeStoreRedis(first, home), new NodeStoreRedis(second, home)]
    await store.commit(alice, [property('1')], old)
    await new HomeLeasesRedis(first).release(home, old)
    const epoch = await take(second, ben)
    const late = Array.from({ length: 20 }, () => store.commit(alice, [property('2')], old).catch((error) => error))
    for (const error of await Promise.all(late)) expect(error).toBeInstanceOf(StaleEpochError)
    expect((await Array.fromAsync(next.load()))[0]?.properties).toEqual([property('1').property])
    await next.commit(alice, [property('3')], epoch)
    expect((await Array.fromAsync(next.load()))[0]?.properties).toEqual([property('3').property])
  })

  it('cannot be written at an epoch of which Redis knows nothing', async () => {
    const [first] = await open()
    const store = new NodeStoreRedis(first, home)
    await expect(store.commit(alice, [property('1')], 5)).rejects.toMatchObject({
      name: 'UnavailableError',
      message: 'Redis knows no epoch of home hq-1: nobody has taken it, or Redis has lost its data',
    })
    expect(await Array.fromAsync(store.load())).toEqual([])
  })

  it('can be written again by its holder, after Redis has lost everything, once the lease is renewed', async () => {
    const events = new EventRecord()
    const [first] = await open(events)
    const leases = new HomeLeasesRedis(first)
    const store = new NodeStoreRedis(first, home)
    const epoch = await take(first, ann)
    await loseEverything(first)
    await expect(store.commit(alice, [property('1')], epoch)).rejects.toThrow(UnavailableError)
    expect(await leases.renew(home, ann, epoch, longMs)).toBe(true)
    expect(await leases.homes()).toEqual([home])
    await store.commit(alice, [property('1')], epoch)
    expect(events.told.filter((event) => event.includes('had lost the epoch of home hq-1'))).toHaveLength(1)
  })

  it('is not given back to its old holder when somebody took it after Redis has lost everything', async () => {
    const [first, second] = await open()
    const leases = new HomeLeasesRedis(first)
    const old = await take(first, ann)
    await loseEverything(first)
    // Nothing but the time tells the epochs apart now.
    while ((await second.time()) < old + 1);
    const epoch = await take(second, ben)
    expect(epoch).toBeGreaterThan(old)
    expect(await leases.renew(home, ann, old, longMs)).toBe(false)
    await expect(new NodeStoreRedis(first, home).commit(alice, [property('1')], old)).rejects.toThrow(StaleEpochError)
  })

  it('keeps its epoch when a lagging replica became primary and knows an older one', async () => {
    const [first] = await open()
    const leases = new HomeLeasesRedis(first)
    const epoch = await take(first, ann)
    const store = new NodeStoreRedis(first, home)
    await first.run('', (client) => client.set(first.keys.epoch(home), `${epoch - 1}`))
    await store.commit(alice, [property('1')], epoch)
    await expect(store.commit(alice, [property('0')], epoch - 1)).rejects.toThrow(StaleEpochError)
    expect(await leases.renew(home, ann, epoch, longMs)).toBe(true)
  })
})

async function take(connection: RedisConnection, holder: typeof ann): Promise<number> {
  const epoch = await new HomeLeasesRedis(connection).take(home, holder, longMs)
  if (epoch === undefined) throw new Error('the home is held')
  return epoch
}

/** What a Redis without persistence does when it restarts, as far as this test's keys go. */
async function loseEverything(connection: RedisConnection): Promise<void> {
  const { keys } = connection
  await connection.run('', async (client) => {
    await client.del(keys.homes)
    await client.del(keys.lease(home), keys.epoch(home), keys.nodes(home), keys.node(home, alice))
  })
}

function property(xml: string): NodeChange & { kind: 'put-property' } {
  return { kind: 'put-property', property: { name: '{urn:x}a', xml } }
}

import { type MapEntry, parseHomeName, searchWords } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { LocationsRedis, PeopleRedis, type RedisConnection, SyncStoreRedis } from '../src/index.ts'
import { nodePart } from '../src/keys.ts'
import { writeEntry } from '../src/location-entry.ts'
import { MapJournal } from '../src/map-journal.ts'
import { MapPointers } from '../src/map-pointers.ts'
import { PeopleIndex } from '../src/people-index.ts'
import { places } from './open-redis.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')
const before: MapEntry = {
  node: userUrl('im.example.com', 'ann'),
  kind: 'user',
  home: hq,
  displayName: 'Ann Before',
  id: 'id-before',
  names: ['before', 'always'],
}
const after: MapEntry = { ...before, home: oslo, displayName: 'Ann After', id: 'id-after', names: ['after', 'always'] }
const { node } = before

/** The steps of a writer that replaces `before` by `after`, or removes it, one of which was the last. */
const steps = [
  'noted it',
  'added what finds the new entry',
  'replaced the entry',
  'taken out what found the old one',
] as const

describe.each(places())('A writer on $name that died', ({ open }) => {
  const cases = steps.flatMap((step, last) => [
    { step, last, next: after },
    { step, last, next: undefined },
  ])

  it.each(cases)('once it had $step leaves a map that the next one mends ($next.displayName)', async (at) => {
    const [first, second] = await open()
    const map = new LocationsRedis(first)
    await map.put([before])
    await dieAfter(first, at.last, at.next)
    const now = at.last < 2 ? before : at.next
    await new LocationsRedis(second).remove([])
    expect(await state(second)).toEqual(expected(now))
    expect(await second.run('', (client) => client.exists(second.keys.changing))).toBe(0)
    await map.put([after])
    expect(await state(second)).toEqual(expected(after))
    await map.remove([node])
    expect(await state(second)).toEqual(expected(undefined))
  })

  it('is finished by whoever takes the lease next', async () => {
    const [first, second] = await open()
    const map = new LocationsRedis(first)
    await map.put([before])
    await dieAfter(first, 1, after)
    const store = new SyncStoreRedis(second)
    expect(await store.nodesOf(['id-after'])).toEqual(new Map([['id-after', node]]))
    await store.hold('ann', 600_000)
    expect(await store.nodesOf(['id-before', 'id-after'])).toEqual(new Map([['id-before', node]]))
  })

  it('takes no name from who has taken it over since', async () => {
    const [first, second] = await open()
    const map = new LocationsRedis(first)
    const ben: MapEntry = { ...before, node: userUrl('im.example.com', 'ben'), id: 'id-ben', names: ['always'] }
    await map.put([before])
    await map.put([ben])
    await dieAfter(first, 0, after)
    await new LocationsRedis(second).remove([])
    expect((await map.named('always'))?.node).toBe(ben.node)
  })

  it('and was not dead, but slow, finds all as it should be when its entry is written', async () => {
    const [first, second] = await open()
    const map = new LocationsRedis(first)
    await map.put([before])
    // The other one mends over and over while this one writes.
    const writing = map.put([after]).then(() => 'done')
    while ((await Promise.race([writing, new LocationsRedis(second).mend()])) !== 'done');
    expect(await state(second)).toEqual(expected(after))
  })
})

async function dieAfter(connection: RedisConnection, last: number, next: MapEntry | undefined): Promise<void> {
  const key = connection.keys.location(node)
  const pointers = new MapPointers(connection)
  const people = new PeopleIndex(connection)
  const work: readonly (() => Promise<unknown>)[] = [
    () => new MapJournal(connection).begin([{ node, entry: next, former: writeEntry(before) }]),
    async () => {
      if (!next) return
      await connection.run('', (client) => client.sadd(connection.keys.users(next.home), nodePart(node)))
      await Promise.all([pointers.add([next]), people.add([next])])
    },
    () => connection.run<unknown>('', (client) => (next ? client.set(key, writeEntry(next)) : client.del(key))),
    () => Promise.all([pointers.drop([[before, next]]), people.drop([[before, next]])]),
  ]
  for (const step of work.slice(0, last + 1)) await step()
}

/** What the map has of the user, by all that leads to it; the index of homes as it is stored. */
async function state(connection: RedisConnection): Promise<unknown> {
  const map = new LocationsRedis(connection)
  const people = new PeopleRedis(connection)
  const leading = async (name: string) => {
    const key = connection.keys.names(name)
    return await connection.run(key, (client) => client.hexists(key, name))
  }
  const words = connection.keys.people('words')
  return {
    entry: await map.entry(node),
    names: await Promise.all(['before', 'after', 'always'].map(leading)),
    ids: [...(await new SyncStoreRedis(connection).nodesOf(['id-before', 'id-after'])).keys()],
    homes: await Promise.all(
      [hq, oslo].map((home) => connection.run('', (client) => client.scard(connection.keys.users(home)))),
    ),
    found: await Promise.all(
      ['before', 'after'].map(
        async (text) => (await people.search({ words: searchWords(text), criteria: {}, limit: 9 })).people.length,
      ),
    ),
    members: await connection.run('', (client) => client.zcard(words)),
  }
}

function expected(entry: MapEntry | undefined): unknown {
  if (!entry) return { entry, names: [0, 0, 0], ids: [], homes: [0, 0], found: [0, 0], members: 0 }
  const [is, was] = entry === after ? [1, 0] : [0, 1]
  return {
    entry,
    names: [was, is, 1],
    ids: [entry.id],
    homes: [was, is],
    found: [was, is],
    members: 2,
  }
}

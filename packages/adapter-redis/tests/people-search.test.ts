import { LocationsMemory, type MapEntry, PeopleMemory, type PeopleQuery, parseHomeName } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LocationsRedis, PeopleRedis } from '../src/index.ts'
import { places } from './open-redis.ts'

const aliases = ['ann', 'ann.berg', 'bo', 'bo2', 'a', 'b.ann', 'anna', 'x@y']
const names = ['Ann', 'Anna', 'Bo', 'Ønn', 'Berg', 'BERG-ANN', 'A', 'Ann Berg', 'Bo, Ann Berg', '', '?!', 'ann@x.y']
const values = ['Sales', 'Sales North', 'North', 'S', '', '!?', 'a=b', 'Ann']
const units = ['ou=a,dc=x', 'dc=x', 'ou=b,ou=a,dc=x', 'ou=a\\,dc=x', 'ou=aa,dc=x']
const attributes = ['department', 'office', 'givenName', 'surname', 'toString']

const some = <T>(of: readonly T[]) => fc.constantFrom(...of)

const user: fc.Arbitrary<MapEntry> = fc
  .record({
    alias: some(aliases),
    domain: some(['im.x', 'im.y']),
    kind: fc.constantFrom('user', 'user', 'user', 'group'),
    displayName: fc.array(some(names), { maxLength: 3 }).map((parts) => parts.join(' ')),
    mail: fc.option(
      fc.tuple(some(aliases), some(['x.y', 'im.x', ''])).map((parts) => parts.join('@')),
      { nil: undefined },
    ),
    unit: fc.option(some(units), { nil: undefined }),
    attributes: fc.option(fc.dictionary(some(attributes), some(values)), { nil: undefined }),
  })
  .map(({ alias, domain, kind, displayName, mail, unit, attributes: own }) => ({
    node: userUrl(domain, alias),
    kind: kind as MapEntry['kind'],
    home: parseHomeName('hq-1'),
    displayName,
    ...(mail !== undefined && { mail }),
    ...(unit !== undefined && { unit }),
    ...(own && { attributes: { ...own } }),
  }))

const words = fc.array(
  some(['a', 'an', 'ann', 'anna', 'b', 'be', 'berg', 'bo', 'onn', 'ann@', 'ann@x.y', 'bo@im', 'n', '.']),
  {
    maxLength: 3,
  },
)
const query: fc.Arbitrary<PeopleQuery> = fc
  .record({
    words,
    criteria: fc.dictionary(some(attributes), fc.array(some(['s', 'sales', 'north', 'a', 'ann']), { maxLength: 2 }), {
      maxKeys: 2,
    }),
    within: fc.option(
      fc.oneof(
        fc.record({ unit: some([...units, '', 'x']) }),
        fc.record({ attribute: some(attributes), value: some([...values, 'sales', 'Nobody']) }),
      ),
      { nil: undefined },
    ),
    limit: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ within, criteria, ...rest }) => ({ ...rest, criteria: { ...criteria }, ...(within && { within }) }))

describe.each(places())('people search on $name', ({ open }) => {
  it('finds whom a look at everybody finds, in the same order, whatever was entered and removed', async () => {
    const [connection] = await open()
    const [map, reference] = [new LocationsRedis(connection), new LocationsMemory()]
    const [people, everybody] = [new PeopleRedis(connection), new PeopleMemory(reference)]
    await fc.assert(
      fc.asyncProperty(
        fc.array(user, { maxLength: 12 }),
        fc.array(user, { maxLength: 4 }),
        fc.array(query, { minLength: 10, maxLength: 10 }),
        async (entered, removed, queries) => {
          const former = (await Array.fromAsync(reference.all())).map(({ node }) => node)
          for (const each of [map, reference]) {
            await each.remove(former)
            await each.put(entered)
            await each.remove(removed.map(({ node }) => node))
          }
          for (const each of queries) expect(await people.search(each)).toEqual(await everybody.search(each))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('leaves nothing behind of who was removed but the words of attributes', async () => {
    const [connection] = await open()
    const map = new LocationsRedis(connection)
    await fc.assert(
      fc.asyncProperty(fc.array(user, { maxLength: 12 }), fc.array(user, { maxLength: 12 }), async (first, second) => {
        await map.put(first)
        await map.put(second)
        await map.remove([...first, ...second].map(({ node }) => node))
        const key = connection.keys.people('words')
        expect(await connection.run(key, (client) => client.zrange(key, '0', '-1'))).toEqual([])
      }),
      { numRuns: 20 },
    )
  })
})

import { LocationsRedis, type RedisConnection } from '@parley/adapter-redis'
import type { HomeName, MapEntry } from '@parley/domain'
import { entryOfPerson, type GeneratedPerson, generatedPeople } from '@parley/testkit'
import { domain } from '../settings.ts'
import { benchHomes } from './bench-directory.ts'

const atOnce = 1_000

/** Enters `count` people in the map, without a directory; resolves with some of them, spread over all. */
export async function enterPeople(
  connection: RedisConnection,
  { count, keep }: { count: number; keep: number },
): Promise<readonly GeneratedPerson[]> {
  const map = new LocationsRedis(connection)
  const homes = benchHomes()
  const kept: GeneratedPerson[] = []
  const every = Math.max(1, Math.floor(count / keep))
  let entries: MapEntry[] = []
  for (const person of generatedPeople({ count })) {
    if (person.index % every === 0 && kept.length < keep) kept.push(person)
    entries.push(entryOfPerson(person, { domain, home: homes[person.index % homes.length] as HomeName }))
    if (entries.length < atOnce && person.index < count - 1) continue
    await map.put(entries)
    entries = []
  }
  return kept
}

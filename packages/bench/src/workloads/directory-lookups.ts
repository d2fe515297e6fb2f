import { LocationsRedis, type RedisConnection } from '@parley/adapter-redis'
import { LocationsCached, type NodeLocation, systemClock, systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import type { GeneratedPerson } from '@parley/testkit'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { enterPeople } from '../directory/map-of-people.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import { domain, type Settings } from '../settings.ts'

const kept = 2_000

type Lookup = (
  cache: LocationsCached,
  person: GeneratedPerson,
) => NodeLocation | undefined | Promise<NodeLocation | undefined>

const ways: Readonly<Record<string, Lookup>> = {
  alias: (cache, { alias }) => cache.locate(userUrl(domain, alias)),
  'mail address': (cache, { mail }) => cache.named(mail),
  'user principal name': (cache, { userPrincipalName }) => cache.named(userPrincipalName),
}

/** From what a user is called to his home, in a router: over the cache, and with an empty cache over the map in Redis. */
export const directoryLookups: Workload<Settings> = {
  name: 'directory-lookups',
  issue: 4,
  async run(settings) {
    const options = { name: 'directory-lookups', users: 0, homeOf: () => homeNamed(0), storesCpu: settings.serverCpu }
    await using cluster = await BenchCluster.start(settings, options)
    const people = await enterPeople(cluster.connection, { count: settings.people, keep: kept })
    const rows: ReportRow[] = []
    for (const [what, lookup] of Object.entries(ways))
      rows.push(...(await measure(cluster.connection, people, { what, lookup, seconds: settings.seconds })))
    return rows
  },
}

async function measure(
  connection: RedisConnection,
  people: readonly GeneratedPerson[],
  { what, lookup, seconds }: { what: string; lookup: Lookup; seconds: number },
): Promise<ReportRow[]> {
  const events = { backgroundFailed: (_: string, err: unknown): never => fail(`a lookup failed: ${err}`) }
  const locations = new LocationsRedis(connection)
  using cache = new LocationsCached({ locations, clock: systemClock, ids: systemIds, events })
  const readsBefore = await readsOf(connection)
  for (const person of people) if ((await lookup(cache, person)) === undefined) fail(`${person.alias} is not found`)
  // NOTE: the second INFO is a read itself.
  const reads = (await readsOf(connection)) - readsBefore - 1

  let lookups = 0
  const start = performance.now()
  const end = start + seconds * 1000
  while (performance.now() < end) {
    for (const person of people) {
      const found = lookup(cache, person)
      // Awaited only where there is something to wait for: what answers at once costs no more than that.
      if (found instanceof Promise) await found
    }
    lookups += people.length
  }
  const micros = ((performance.now() - start) * 1000) / lookups
  return [
    {
      workload: `${what} to home, cached`,
      figure: micros,
      unit: 'µs',
      bar: { atMost: 2 },
      note: `${lookups.toLocaleString('en-GB')} lookups of ${people.length} people in turn`,
    },
    {
      workload: `${what} to home, not cached`,
      // NOTE: to hundredths, as the connection reads now and then for itself.
      figure: Math.round((100 * reads) / people.length) / 100,
      unit: 'round trips',
      bar: { atMost: 1 },
      note: 'what Redis read from its clients, by lookups that were made one after another',
    },
  ]
}

/** How often Redis has read something from any of its connections. */
async function readsOf(connection: RedisConnection): Promise<number> {
  const info = await connection.run('', (client) => client.info('stats'))
  return Number(/^total_reads_processed:([0-9]+)/m.exec(info)?.[1])
}

function fail(why: string): never {
  throw new Error(why)
}

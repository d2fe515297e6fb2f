import { PeopleRedis } from '@parley/adapter-redis'
import type { People, PeopleQuery } from '@parley/domain'
import { searchWords } from '@parley/domain'
import type { GeneratedPerson } from '@parley/testkit'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { enterPeople } from '../directory/map-of-people.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { openLoop, wait, warmUpSeconds } from '../pacing.ts'
import { ProcessorMeter } from '../processor-time.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const queriesPerSecond = 200
const kept = 5_000
const limit = 20

/** Searches as an Add Contact dialogue sends them: while somebody types, by parts of names in either order, by address, with a department. */
export const peopleSearch: Workload<Settings> = {
  name: 'people-search',
  issue: 4,
  async run(settings) {
    return [
      await measure(settings, settings.people, { atMost: 10 }),
      await measure(settings, settings.manyPeople, { atMost: 30 }),
    ]
  },
}

async function measure(settings: Settings, users: number, bar: { atMost: number }): Promise<ReportRow> {
  const name = `search-${users}`
  const options = { name, users: 0, homeOf: () => homeNamed(0), storesCpu: settings.serverCpu }
  await using cluster = await BenchCluster.start(settings, options)
  const people = await enterPeople(cluster.connection, { count: users, keep: kept })
  const search = new PeopleRedis(cluster.connection)
  await drive(search, people, warmUpSeconds)
  const meter = new ProcessorMeter(cluster.redis.pid, settings)
  const { latencies, found } = await drive(search, people, settings.seconds)
  const shares = meter.read()
  return {
    workload: `search over ${users.toLocaleString('en-GB')} users, ${queriesPerSecond} queries/s, p99`,
    figure: latencies.percentile(0.99),
    unit: 'ms',
    bar,
    shares,
    note: `p50 ${latencies.percentile(0.5).toFixed(2)} ms; ${(found / latencies.total).toFixed(1)} people found by a query, at most ${limit}; server is Redis`,
  }
}

async function drive(
  search: People,
  people: readonly GeneratedPerson[],
  seconds: number,
): Promise<{ latencies: LatencyHistogram; found: number }> {
  const latencies = new LatencyHistogram()
  const failures: unknown[] = []
  let found = 0
  let open = 0
  let turn = 0
  const ask = async (dueAt: number): Promise<void> => {
    open += 1
    try {
      const person = people[(turn * 7919) % people.length] as GeneratedPerson
      const answer = await search.search(queryFor(person, turn++))
      latencies.add(performance.now() - dueAt)
      found += answer.people.length
    } catch (error) {
      failures.push(error)
    } finally {
      open -= 1
    }
  }
  await openLoop(queriesPerSecond, seconds, (dueAt) => void ask(dueAt))
  while (open > 0) await wait(0.01)
  if (failures.length > 0) throw failures[0]
  return { latencies, found }
}

/** What somebody types who looks for this person. */
function queryFor(person: GeneratedPerson, turn: number): PeopleQuery {
  const { givenName, surname, mail, department } = person
  const typed = [
    () => surname.slice(0, 3),
    () => surname,
    () => `${givenName} ${surname.slice(0, 2)}`,
    () => `${surname}, ${givenName.slice(0, 3)}`,
    () => givenName.slice(0, 1),
    () => mail,
    () => `${givenName.slice(0, 2)} ${surname.slice(0, 2)}`,
    () => givenName,
  ]
  const words = searchWords(typed[turn % typed.length]?.() ?? '').slice(0, 8)
  const criteria: PeopleQuery['criteria'] = turn % 10 === 0 ? { department: searchWords(department).slice(0, 1) } : {}
  return { words, criteria, limit }
}

import { join } from 'node:path'
import { LocationsRedis } from '@parley/adapter-redis'
import { LocationsCached, systemClock, systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { type GeneratedPerson, generatedPeople, personDn } from '@parley/testkit'
import { BenchDirectory } from '../directory/bench-directory.ts'
import { runSync } from '../directory/sync-run.ts'
import { openLoop, wait } from '../pacing.ts'
import type { Workload } from '../report-row.ts'
import { domain, type Settings } from '../settings.ts'

const changesPerSecond = 10
const patienceSeconds = 30
const betweenLooksSeconds = 0.01

/** People get other names in slapd; each is looked up in a router's cache, which knew the former one, until it answers with the new one. */
export const directoryChanges: Workload<Settings> = {
  name: 'directory-changes',
  issue: 4,
  async run(settings) {
    await using directory = await BenchDirectory.start(settings, { name: 'changes', users: settings.people })
    const { cluster, slapd } = directory
    await runSync(settings, cluster.configFile, join(settings.directory, 'changes.log'))
    await using _sync = await cluster.startSync(settings.serverCpu)
    const failures: unknown[] = []
    const events = { backgroundFailed: (_: string, err: unknown) => void failures.push(err) }
    const locations = new LocationsRedis(cluster.connection)
    using cache = new LocationsCached({ locations, clock: systemClock, ids: systemIds, events })

    const latencies: number[] = []
    const changed: Promise<void>[] = []
    const people = generatedPeople({ count: settings.people })
    await openLoop(changesPerSecond, settings.seconds, () => {
      const person = people.next().value
      if (person) changed.push(change(person))
    })
    const results = await Promise.allSettled(changed)
    const failed = [...failures, ...results.filter(({ status }) => status === 'rejected')]
    if (failed.length > 0) throw failed[0]
    const sorted = latencies.toSorted((a, b) => a - b)
    const percentile = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN
    return [
      {
        workload: `change in slapd to a router that knows of it, ${settings.people.toLocaleString('en-GB')} users, p99`,
        figure: percentile(0.99),
        unit: 's',
        bar: { atMost: 3 },
        note: `p50 ${percentile(0.5).toFixed(2)} s; ${sorted.length} changes, ${changesPerSecond} a second`,
      },
    ]

    async function change(person: GeneratedPerson): Promise<void> {
      const node = userUrl(domain, person.alias)
      if ((await cache.locate(node))?.displayName !== person.displayName) throw new Error(`${node} is not in the map`)
      const name = `${person.displayName} (changed)`
      await slapd.set(personDn(person), 'displayName', name)
      const doneAt = performance.now()
      while ((await cache.locate(node))?.displayName !== name) {
        if (performance.now() - doneAt > patienceSeconds * 1000)
          throw new Error(`the change of ${node} does not arrive`)
        await wait(betweenLooksSeconds)
      }
      latencies.push((performance.now() - doneAt) / 1000)
    }
  },
}

import { LocationsRedis } from '@parley/adapter-redis'
import { LocationsCached, ManualClock, type NodeLocation, systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { Zipf } from '../cluster/zipf.ts'
import type { Workload } from '../report-row.ts'
import { domain, nameOf, type Settings } from '../settings.ts'

const users = 100_000
const homes = 3
const lookupsPerSecond = 2_000
/** How long a router has been up when measuring begins, and for how long it is measured. */
const phaseSeconds = 1_200
/** Entries that somebody changes, such as the directory's synchronisation. */
const changesPerSecond = 1
const ticksPerSecond = 10

/**
 * A router's cache of locations over the directory map in a real Redis, while time is ours to move: what would be forty
 * minutes of traffic, with refreshes and invalidations, takes less than one.
 */
export const lookups: Workload<Settings> = {
  name: 'lookups',
  issue: 3,
  async run(settings) {
    const homeOf = (index: number) => homeNamed(index % homes)
    const options = { name: 'lookups', users, homeOf, storesCpu: settings.serverCpu }
    await using cluster = await BenchCluster.start(settings, options)
    const map = new LocationsRedis(cluster.connection)
    const clock = new ManualClock()
    const failures: unknown[] = []
    const events = { backgroundFailed: (_: string, err: unknown) => void failures.push(err) }
    using cache = new LocationsCached({ locations: map, clock, ids: systemIds, events })
    const nodes = Array.from({ length: users }, (_, index) => userUrl(domain, nameOf(index)))
    const popularity = new Zipf(users)

    const tick = async (): Promise<void> => {
      const answers: (NodeLocation | undefined | Promise<NodeLocation | undefined>)[] = []
      for (let done = 0; done < lookupsPerSecond / ticksPerSecond; done++) {
        answers.push(cache.locate(nodes[popularity.next()] as (typeof nodes)[number]))
      }
      for (const answer of await Promise.all(answers)) if (!answer) throw new Error('a user is not in the map')
      clock.elapse(1000 / ticksPerSecond)
    }
    const phase = async (): Promise<{ hits: number; misses: number }> => {
      const before = { hits: cache.hits, misses: cache.misses }
      for (let second = 0; second < phaseSeconds; second++) {
        for (let change = 0; change < changesPerSecond; change++) {
          const index = popularity.next()
          const displayName = `as of second ${second}`
          await map.put([{ node: nodes[index] ?? userUrl(domain, ''), kind: 'user', home: homeOf(index), displayName }])
        }
        for (let ticks = 0; ticks < ticksPerSecond; ticks++) await tick()
      }
      if (failures.length > 0) throw failures[0]
      return { hits: cache.hits - before.hits, misses: cache.misses - before.misses }
    }

    const warm = await phase()
    const steady = await phase()
    const share = ({ hits, misses }: typeof warm): number => (misses / (hits + misses)) * 100
    return [
      {
        workload: 'lookups that leave the process, 100,000 users, Zipf',
        figure: share(steady),
        unit: '%',
        bar: { atMost: 1 },
        note:
          `${lookupsPerSecond} lookups/s and ${changesPerSecond} changed entry/s for ${phaseSeconds / 60} minutes of a clock that ` +
          `is moved, after as long to warm up (${share(warm).toFixed(2)} % then)`,
      },
    ]
  },
}

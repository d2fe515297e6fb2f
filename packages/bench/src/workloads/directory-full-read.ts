import { join } from 'node:path'
import { LocationsRedis } from '@parley/adapter-redis'
import { BenchDirectory, benchHomes } from '../directory/bench-directory.ts'
import { runSync } from '../directory/sync-run.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

/** The first run of `parley sync`: everybody is read from slapd over TLS, checked, given a home and entered in Redis. */
export const directoryFullRead: Workload<Settings> = {
  name: 'directory-full-read',
  issue: 4,
  async run(settings) {
    const users = settings.people
    await using directory = await BenchDirectory.start(settings, { name: 'full-read', users })
    const { connection, configFile } = directory.cluster
    const { seconds, peakMB } = await runSync(settings, configFile, join(settings.directory, 'full-read.log'))
    const map = new LocationsRedis(connection)
    const counts = await Promise.all(benchHomes().map((home) => Array.fromAsync(map.usersOf(home))))
    const entered = counts.reduce((sum, { length }) => sum + length, 0)
    if (entered !== users) throw new Error(`${entered} of ${users} users are in the map`)
    const what = `${users.toLocaleString('en-GB')} users from slapd into Redis`
    return [
      {
        workload: `full read of ${what}`,
        figure: seconds,
        unit: 's',
        bar: { atMost: 60 },
        note: 'from the start of the process to its end',
      },
      {
        workload: `peak memory of parley sync, ${what}`,
        figure: peakMB,
        unit: 'MB',
        bar: { atMost: 300 },
        note: 'VmHWM',
      },
    ]
  },
}

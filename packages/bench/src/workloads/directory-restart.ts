import { join } from 'node:path'
import { SyncStoreRedis } from '@parley/adapter-redis'
import { BenchDirectory } from '../directory/bench-directory.ts'
import { runSync } from '../directory/sync-run.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

/** `parley sync` is started again after a full read, and nothing has changed meanwhile. */
export const directoryRestart: Workload<Settings> = {
  name: 'directory-restart',
  issue: 4,
  async run(settings) {
    const users = settings.people
    await using directory = await BenchDirectory.start(settings, { name: 'restart', users })
    const { connection, configFile } = directory.cluster
    const sync = () => runSync(settings, configFile, join(settings.directory, 'restart.log'))
    const store = new SyncStoreRedis(connection)
    await sync()
    const before = await store.state()
    const { seconds, peakMB } = await sync()
    const after = await store.state()
    if (!before || before.fullReadAt !== after?.fullReadAt) throw new Error('everything was read again')
    return [
      {
        workload: `restart of parley sync with nothing changed, ${users.toLocaleString('en-GB')} users`,
        figure: seconds,
        unit: 's',
        bar: { atMost: 2 },
        note: `from the start of the process to its end, with --once; no full read; peak memory ${peakMB.toFixed(0)} MB`,
      },
    ]
  },
}

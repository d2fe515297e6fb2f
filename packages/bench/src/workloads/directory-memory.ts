import { join } from 'node:path'
import type { RedisConnection } from '@parley/adapter-redis'
import { BenchDirectory } from '../directory/bench-directory.ts'
import { runSync } from '../directory/sync-run.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

/** What Redis needs for a user that `parley sync` has entered: entry, names, ids, members of homes, search index, its own bookkeeping. */
export const directoryMemory: Workload<Settings> = {
  name: 'directory-memory',
  issue: 4,
  async run(settings) {
    const users = settings.people
    await using directory = await BenchDirectory.start(settings, { name: 'memory-directory', users })
    const { connection, configFile } = directory.cluster
    const before = await usedMemory(connection)
    await runSync(settings, configFile, join(settings.directory, 'memory-directory.log'))
    const after = await usedMemory(connection)
    return [
      {
        workload: `Redis memory of a user, search index included, ${users.toLocaleString('en-GB')} users`,
        figure: (after - before) / users / 1000,
        unit: 'kB',
        bar: { atMost: 1.5 },
        note: 'used_memory after `parley sync` less that before, by users',
      },
    ]
  },
}

/** What Redis has allocated, in bytes; without buffers of clients and of the append-only file, which come and go. */
async function usedMemory(connection: RedisConnection): Promise<number> {
  const info = await connection.run('', (client) => client.info('memory'))
  const field = (name: string): number => Number(new RegExp(`^${name}:([0-9]+)`, 'm').exec(info)?.[1])
  return field('used_memory') - field('mem_clients_normal') - field('mem_aof_buffer')
}

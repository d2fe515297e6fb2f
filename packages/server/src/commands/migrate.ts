import { FormatRecordRedis, RedisConnection, redisMigrations, silentRedisEvents } from '@parley/adapter-redis'
import { formatState, migrate } from '@parley/domain'
import { clusterOptions } from '../cluster-options.ts'
import { redisSecrets } from '../cluster-secrets.ts'
import type { CommandBody } from '../command-body.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError } from '../load-config.ts'
import { newerFormat } from '../store-format.ts'

interface MigrateArguments extends ClusterFlags {
  readonly check: boolean
}

/** The exit code of `--check` when there is something to do. */
const toDo = 3

/** `parley migrate`: brings what Redis holds to the format of this version. */
export const migrateCommand: CommandBody<MigrateArguments> = {
  builder: (yargs) =>
    clusterOptions(yargs)
      .option('check', {
        type: 'boolean',
        default: false,
        describe: `Change nothing: exit code 0 when there is nothing to do, ${toDo} when there is`,
      })
      .example('$0 migrate --config /etc/parley/cluster.yaml', 'safe to run again, and while the old version runs')
      .epilog('docs/operations.md, "Upgrades", tells when.'),
  handler: async (args) => {
    const { redis: config } = loadClusterConfig(args)
    await using redis = await RedisConnection.open({
      config,
      secrets: redisSecrets(config),
      events: {
        ...silentRedisEvents,
        problem: (detail) => void process.stderr.write(`parley: ${detail}\n`),
      },
    })
    const record = new FormatRecordRedis(redis)
    const migrations = redisMigrations(redis)
    const newest = migrations.at(-1)?.to
    const stored = await record.read()
    if (formatState(stored, migrations) === 'ahead') throw new ConfigError(newerFormat(stored, newest))
    const say = (line: string): void => void process.stdout.write(`${line}\n`)
    if (args.check) {
      const done = stored !== undefined && formatState(stored, migrations) === 'current'
      say(done ? `Format ${stored.format}: nothing to do.` : `Format ${newest} is to be made: run "parley migrate".`)
      if (!done) process.exitCode = toDo
      return
    }
    const made = await migrate(record, migrations, say)
    say(made.length === 0 ? `Format ${stored?.format}: nothing to do.` : `Format ${made.at(-1)} is made.`)
  },
}

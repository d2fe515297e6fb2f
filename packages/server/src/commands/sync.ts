import { HomeLeasesRedis, LocationsRedis, RedisConnection } from '@parley/adapter-redis'
import { SyncRefusedError, type SyncResult, syncUsers } from '@parley/directory-sync'
import { systemClock } from '@parley/domain'
import type { CommandModule } from 'yargs'
import { clusterOptions } from '../cluster-options.ts'
import { redisSecrets } from '../cluster-secrets.ts'
import { withUsers } from '../compose-router.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { createLogger } from '../logger.ts'
import { usersFileSource } from '../users-file-source.ts'
import { openUsers } from '../users-of-domains.ts'

/** How soon a run that failed is tried again, e.g. while Redis is away. */
const retryMs = 30_000

interface SyncArguments extends ClusterFlags {
  readonly once: boolean
  readonly 'dry-run': boolean
  readonly 'most-removed': number | undefined
}

/** `parley sync`: brings users into the directory map of a cluster, and follows their changes. */
export const syncCommand: CommandModule<object, SyncArguments> = {
  command: 'sync',
  describe: 'Bring the users of the users file into the directory map of a cluster',
  builder: (yargs) =>
    clusterOptions(yargs)
      .option('once', { type: 'boolean', default: false, describe: 'End when it is done, rather than follow changes' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Only print what would change, and end' })
      .option('most-removed', {
        type: 'number',
        describe: 'Largest share of the users that may be removed at once, 0 to 1 [default: 0.2]',
      })
      .example('$0 sync --config cluster.yaml --once', 'after "parley user add" and the like')
      .example('$0 sync --config cluster.yaml --dry-run', 'who would be added, changed and removed'),
  handler: async (args) => {
    const config = withUsers(loadClusterConfig(args))
    const logger = createLogger(config.log.level)
    await using redis = await RedisConnection.open({ config: config.redis, secrets: redisSecrets(config.redis) })
    await using users = await openUsers(config, logger)
    const source = usersFileSource(users, config.users)
    const run = async (): Promise<void> => {
      const homes = config.sync.homes ?? (await new HomeLeasesRedis(redis).homes())
      const result = await syncUsers({
        source,
        map: new LocationsRedis(redis),
        homes,
        mostRemoved: args.mostRemoved ?? config.sync.mostRemoved,
        dryRun: args.dryRun,
      })
      process.stdout.write(described(result, args.dryRun))
    }
    await run()
    if (args.once || args.dryRun) return
    const stop = Promise.withResolvers<void>()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.resolve())
    let running = Promise.resolve()
    let cancelRetry = (): void => {}
    const follow = (): void => {
      cancelRetry()
      running = running.then(run).catch((err: unknown) => {
        if (err instanceof SyncRefusedError) return logger.error({ event: 'sync.refused', message: err.message })
        logger.error({ event: 'sync.failed', err })
        cancelRetry = systemClock.after(retryMs, follow)
      })
    }
    const stopFollowing = source.onChange(follow)
    await stop.promise
    stopFollowing()
    await running
    cancelRetry()
  },
}

function described({ added, changed, removed, unchanged }: SyncResult, dryRun: boolean): string {
  const list = [
    ...added.map((node) => `+ ${node}\n`),
    ...changed.map((node) => `~ ${node}\n`),
    ...removed.map((node) => `- ${node}\n`),
  ]
  const would = dryRun ? 'would be ' : ''
  const counts = `${added.length} ${would}added, ${changed.length} ${would}changed, ${removed.length} ${would}removed, ${unchanged} as they were\n`
  return (dryRun ? list.join('') : '') + counts
}

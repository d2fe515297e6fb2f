import { HolderTable, type Ids, LocationsCached, type Tracer } from '@parley/domain'
import { type ClusterClient, ClusterKeys, createClusterClient } from '@parley/http'
import type { ClusterConfig } from './cluster-config.ts'
import { clusterSecrets, clusterTls } from './cluster-secrets.ts'
import type { Conditions } from './conditions.ts'
import type { createEvents } from './events.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { openSharedParts, type SharedParts } from './shared-parts.ts'

/** What every process of a cluster stands on. */
export interface ClusterParts extends SharedParts, AsyncDisposable {
  readonly locations: LocationsCached
  readonly holders: HolderTable
  readonly keys: ClusterKeys
  readonly client: ClusterClient
  /** Takes the keys that `changed` names from now on. Throws ConfigError, and keeps the old ones then. */
  reloadKeys(changed: ClusterConfig): void
}

/** Opens them, on Redis unless `shared` is given. Rejects with ConfigError, RedisSetupError or UnavailableError. */
export async function openClusterParts(
  config: ClusterConfig,
  given: {
    ids: Ids
    logger: Logger
    conditions: Conditions
    events: ReturnType<typeof createEvents>
    shared?: SharedParts | undefined
    keys?: ClusterKeys | undefined
    tracer?: Tracer | undefined
  },
): Promise<ClusterParts> {
  const { ids, events, tracer } = given
  const keys = given.keys ?? readKeys(config)
  await using open = new AsyncDisposableStack()
  const { clock, map, leases, people, renames, sync, attempts, storeOf } =
    given.shared ?? open.use(await openSharedParts(config, given))
  const limits = { maxKnown: config.router.cachedNodes }
  const locations = open.use(new LocationsCached({ locations: map, clock, ids, events, limits }))
  const holders = open.use(new HolderTable({ leases, clock }))
  const client = open.use(createClusterClient({ keys, clock, ids, tracer, ...clusterTls(config) }))
  open.defer(holders.follow((lease) => client.superseded(lease)))
  const all = open.move()
  return {
    clock,
    map,
    leases,
    people,
    renames,
    sync,
    attempts,
    storeOf,
    locations,
    holders,
    keys,
    client,
    reloadKeys: (changed) => keys.replace(clusterSecrets(changed)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function readKeys(config: ClusterConfig): ClusterKeys {
  try {
    return new ClusterKeys(clusterSecrets(config))
  } catch (err) {
    if (err instanceof ConfigError) throw err
    throw new ConfigError(`"cluster.keys" cannot be used: ${err instanceof Error ? err.message : 'unknown'}`, {
      cause: err,
    })
  }
}

import {
  AttemptBudgetMemory,
  HomeLeasesMemory,
  type HomeName,
  LocationsMemory,
  ManualClock,
  NodeStoreMemory,
  PeopleMemory,
  RenamesMemory,
  SyncStoreMemory,
} from '@parley/domain'
import { ClusterKeys } from '@parley/http'
import { type ClusterConfig, type ClusterConfigInput, clusterConfig } from '../src/cluster-config.ts'
import { createLogger } from '../src/logger.ts'
import type { SharedParts } from '../src/shared-parts.ts'

/** What the nodes of a cluster stand on, in memory: for processes that a test composes itself. */
export function memoryParts(): {
  shared: SharedParts
  keys: ClusterKeys
  logger: ReturnType<typeof createLogger>
} {
  const clock = new ManualClock()
  const leases = new HomeLeasesMemory(clock)
  const map = new LocationsMemory()
  const stores = new Map<HomeName, NodeStoreMemory>()
  const shared: SharedParts = {
    clock,
    map,
    leases,
    people: new PeopleMemory(map),
    renames: new RenamesMemory(map, clock),
    sync: new SyncStoreMemory(clock, map),
    attempts: new AttemptBudgetMemory(clock),
    storeOf: (home) => {
      const store = stores.get(home) ?? new NodeStoreMemory(() => leases.epoch(home))
      stores.set(home, store)
      return store
    },
  }
  const keys = new ClusterKeys([{ id: 'k1', secret: new Uint8Array(32).fill(7) }])
  return { shared, keys, logger: createLogger('silent') }
}

/** A configuration for them; what it says of Redis and NATS is not looked at. */
export function memoryConfig(more: Partial<ClusterConfigInput> = {}): ClusterConfig {
  return clusterConfig.parse({
    domains: [{ name: 'im.example.com' }],
    redis: { url: 'redis://127.0.0.1' },
    nats: { servers: ['nats://127.0.0.1'] },
    cluster: { keys: [{ id: 'k1', file: 'none' }], listen: '127.0.0.1:0' },
    ...more,
  })
}

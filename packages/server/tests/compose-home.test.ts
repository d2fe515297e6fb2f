import {
  AttemptBudgetMemory,
  HomeLeasesMemory,
  LocationsMemory,
  ManualClock,
  NodeStoreMemory,
  PeopleMemory,
  parseHomeName,
  RenamesMemory,
  StatusBusMemory,
  SyncStoreMemory,
  systemIds,
} from '@parley/domain'
import { ClusterKeys, createClusterClient, NotHeldError } from '@parley/http'
import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../src/cluster-config.ts'
import { composeHome } from '../src/compose-home.ts'
import { createLogger } from '../src/logger.ts'

const home = parseHomeName('hq-1')

describe('a home process that is stopped as planned', () => {
  it('still tells routers that it holds nothing any more, when its homes are handed over', async () => {
    const clock = new ManualClock()
    const leases = new HomeLeasesMemory(clock)
    const map = new LocationsMemory()
    const store = new NodeStoreMemory(() => leases.epoch(home))
    const keys = new ClusterKeys([{ id: 'k1', secret: new Uint8Array(32).fill(7) }])
    const config = clusterConfig.parse({
      domains: [{ name: 'im.example.com' }],
      redis: { url: 'redis://127.0.0.1' },
      nats: { servers: ['nats://127.0.0.1'] },
      cluster: { keys: [{ id: 'k1', file: 'none' }], listen: '127.0.0.1:0' },
      home: { names: [home] },
    })
    await using client = createClusterClient({ keys, clock, ids: systemIds })
    await using node = composeHome(config, {
      shared: {
        clock,
        map,
        leases,
        people: new PeopleMemory(map),
        renames: new RenamesMemory(map, clock),
        sync: new SyncStoreMemory(clock, map),
        attempts: new AttemptBudgetMemory(clock),
        storeOf: () => store,
      },
      bus: new StatusBusMemory(),
      keys,
      logger: createLogger('silent'),
    })
    await node.start()
    const lease = await leases.lease(home)
    if (!lease) throw new Error('nobody holds the home')
    expect(await client.call(lease, 'status', null)).toMatchObject({ homes: [{ home, serving: true }] })
    // Over the connection that is there already.
    const late = new Promise((resolve) => {
      leases.onChange(() => resolve(client.call(lease, 'status', null)))
    })
    await Promise.all([node.drain(AbortSignal.timeout(5_000)), expect(late).rejects.toThrow(NotHeldError)])
  })
})

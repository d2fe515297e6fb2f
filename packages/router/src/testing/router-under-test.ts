import {
  HolderTable,
  type HomeHolder,
  HomeLeasesMemory,
  type HomeName,
  LocationsCached,
  LocationsMemory,
  ManualClock,
  type NodeLocation,
  parseHomeName,
} from '@parley/domain'
import type { RvpRequest } from '@parley/http'
import { type LogicalUrl, parseLogicalUrl, userUrl } from '@parley/protocol'
import { createRouter, type Router } from '../router.ts'
import type { RouterEvents } from '../router-events.ts'
import type { RouterOptions } from '../router-options.ts'
import { ScriptedClient } from './scripted-client.ts'

export const hq = parseHomeName('hq-1')
export const oslo = parseHomeName('oslo-1')
export const alice = userUrl('im.example.com', 'alice')
export const bob = userUrl('im.example.com', 'bob')
export const sales = parseLogicalUrl('http://im.example.com/groups/sales')

export function locationOf(node: LogicalUrl, home: HomeName = hq): NodeLocation {
  return { node, kind: node.includes('/groups/') ? 'group' : 'user', home, displayName: 'somebody' }
}

export function holderOf(id: string): HomeHolder {
  return { id, clusterUrl: `http://${id}.example.com:8443`, clientUrl: `http://${id}.example.com` }
}

/** A request of alice's for bob's node, unless `given` says otherwise. */
export function requestOf(
  method: string,
  given: Partial<RvpRequest> & { readonly headers?: Readonly<Record<string, string>> } = {},
): RvpRequest {
  const { headers = {}, ...rest } = given
  return {
    method,
    node: bob,
    href: bob,
    authority: 'im.example.com',
    isPhysical: false,
    identity: { principal: alice, scheme: 'digest' },
    callerHref: alice,
    header: (name) => headers[name],
    body: '',
    bytes: new Uint8Array(),
    clientAddress: '10.0.0.9',
    resolve: () => undefined,
    requestId: 'r',
    requestHost: 'im.example.com',
    ...rest,
  }
}

/** A router among processes that do as a test says; alice and bob live at hq-1, which `one` holds. */
export class RouterUnderTest {
  readonly clock = new ManualClock()
  readonly map = new LocationsMemory()
  readonly leases = new HomeLeasesMemory(this.clock)
  readonly client = new ScriptedClient()
  /** Names and homes of what the router told. */
  readonly told: string[] = []
  readonly locations: LocationsCached
  readonly holders: HolderTable
  readonly router: Router

  private constructor(options: Partial<RouterOptions>) {
    this.locations = new LocationsCached({
      locations: this.map,
      clock: this.clock,
      ids: { number: () => 1 },
      events: { backgroundFailed: () => {} },
    })
    this.holders = new HolderTable({ leases: this.leases, clock: this.clock })
    const { locations, holders, client, clock } = this
    this.router = createRouter({
      domains: ['im.example.com'],
      locations,
      holders,
      client,
      clock,
      events: eventsTo(this.told),
      ...options,
    })
  }

  static async open(options: Partial<RouterOptions> = {}): Promise<RouterUnderTest> {
    const opened = new RouterUnderTest(options)
    await opened.map.put([locationOf(alice), locationOf(bob)])
    await opened.take(hq, 'one')
    return opened
  }

  /** Has a process take a home that nobody holds. */
  async take(home: HomeName, holder: string): Promise<void> {
    await this.leases.take(home, holderOf(holder), 86_400_000)
  }

  /** Has another process hold the home. */
  async handOver(home: HomeName, holder: string): Promise<void> {
    await this.leases.release(home, this.leases.epoch(home))
    await this.take(home, holder)
  }

  /** Moves time on in small steps, and lets everything happen that follows from each. */
  async elapse(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      await settled()
      this.clock.elapse(Math.min(left, 50))
    }
    await settled()
  }
}

/** Resolves when everything that promises have caused has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function eventsTo(told: string[]): RouterEvents {
  return {
    forwarded: (home, attempts) => told.push(`forwarded ${home} ${attempts}`),
    redirected: (home) => told.push(`redirected ${home}`),
    held: ({ home, reqId }) => told.push(`held ${home} ${reqId}`),
    unheld: (home) => told.push(`unheld ${home}`),
    unreachable: ({ holder, reqId }) => told.push(`unreachable ${holder?.id} ${reqId}`),
    overflowed: (home) => told.push(`overflowed ${home}`),
  }
}

import type { HomeLease, HomeName, NodeLocation } from '@parley/domain'
import { z } from 'zod'
import type { ClusterParts } from './cluster-parts.ts'

/** What the holder of a home says about itself (the call `status` of the cluster endpoint). */
const processStatus = z.object({
  homes: z.array(
    z.object({
      home: z.string(),
      serving: z.boolean(),
      own: z.boolean().optional(),
      online: z.number().optional(),
      devices: z.number().optional(),
      subscriptions: z.number().optional(),
      lag: z.number().optional(),
    }),
  ),
  degraded: z.array(z.string()),
})

/** One home of a cluster, as `parley status` shows it. */
export interface HomeStatus {
  readonly home: HomeName
  /** Where its holder is reached; absent when nobody holds it. */
  readonly holder?: string
  readonly epoch?: number
  /** Users whom the directory map assigns to it. */
  readonly users: number
  readonly online?: number
  readonly devices?: number
  readonly subscriptions?: number
  /** Watches that other homes have not been told of yet. */
  readonly lag?: number
  /** Present when its holder does not name it, and stands by for the process that does. */
  readonly standby?: true
  /** What is wrong with it, or with its holder. */
  readonly degraded: readonly string[]
}

/** Asks the leases, the map and every holder. Rejects with UnavailableError when Redis does not answer. */
export async function clusterStatus({
  leases,
  map,
  client,
}: Pick<ClusterParts, 'leases' | 'map' | 'client'>): Promise<readonly HomeStatus[]> {
  const [known, held, users] = await Promise.all([leases.homes(), leases.leases(), usersByHome(map.all())])
  const byHome = new Map(held.map((lease) => [lease.home, lease]))
  const homes = [...new Set([...known, ...byHome.keys(), ...users.keys()])].sort()
  return await Promise.all(
    homes.map(async (home) => {
      const count = users.get(home) ?? 0
      const lease = byHome.get(home)
      if (lease) return { home, users: count, ...(await askHolder(lease, client)) }
      const never = known.includes(home) ? '' : ', and nobody ever did'
      const cure = count > 0 ? `: start "parley home --name ${home}", or move its ${count} users` : ''
      return { home, users: count, degraded: [`nobody holds ${home}${never}${cure}`] }
    }),
  )
}

async function usersByHome(locations: AsyncIterable<NodeLocation>): Promise<ReadonlyMap<HomeName, number>> {
  const counts = new Map<HomeName, number>()
  for await (const { kind, home } of locations) if (kind === 'user') counts.set(home, (counts.get(home) ?? 0) + 1)
  return counts
}

async function askHolder(
  lease: HomeLease,
  client: ClusterParts['client'],
): Promise<Omit<HomeStatus, 'home' | 'users'>> {
  const { home, epoch, holder } = lease
  const known = { holder: holder.clusterUrl, epoch }
  try {
    const { homes, degraded } = processStatus.parse(await client.call(lease, 'status', {}))
    const held = homes.find((one) => one.home === home)
    const { online, devices, subscriptions, lag } = held ?? {}
    return {
      ...known,
      ...(online !== undefined && { online }),
      ...(devices !== undefined && { devices }),
      ...(subscriptions !== undefined && { subscriptions }),
      ...(lag !== undefined && { lag }),
      ...(held?.own === false && { standby: true as const }),
      degraded: [...degraded, ...(held?.serving === false ? [`${home} is being opened or handed over`] : [])],
    }
  } catch (err) {
    const reason = err instanceof Error ? err.message : 'unknown'
    return { ...known, degraded: [`${holder.clusterUrl} does not say how it is: ${reason}`] }
  }
}

import type { Clock, HolderTable, LocationsCached, Renames } from '@parley/domain'
import type { ClusterClient, RvpService } from '@parley/http'
import type { RedirectPolicy } from './redirect-policy.ts'
import type { RouterEvents } from './router-events.ts'
import type { RouterLimits } from './router-limits.ts'

/** What a router needs; it owns none of it. */
export interface RouterOptions {
  /** Our IM domains, as they stand in canonical URLs. */
  readonly domains: readonly string[]
  readonly locations: Pick<LocationsCached, 'locate' | 'doubt'>
  /** Where nodes have gone that are not in the map any more. Absent: nodes keep their URLs. */
  readonly renames?: Pick<Renames, 'find'> | undefined
  readonly holders: Pick<HolderTable, 'find' | 'forget' | 'next'>
  readonly client: Pick<ClusterClient, 'forward' | 'stream'>
  readonly clock: Clock
  readonly events: RouterEvents
  /** Absent: every client is served here. */
  readonly redirect?: RedirectPolicy
  /** Takes requests for nodes of other IM domains; absent: there are none. */
  readonly foreign?: RvpService
  readonly limits?: Partial<RouterLimits>
}

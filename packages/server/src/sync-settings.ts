import type { AssignmentRules, SyncSettings } from '@parley/directory-sync'
import { type HomeName, parseHomeName } from '@parley/domain'
import type { ClusterConfig } from './cluster-config.ts'
import { ConfigError } from './load-config.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** How users are brought into the map. Throws ConfigError, naming every mistake. */
export function syncSettings({ sync, directory }: Pick<ClusterConfig, 'sync' | 'directory'>): SyncSettings {
  return {
    rules: assignmentRules(sync.assignment),
    renameMs: sync.renameDays * dayMs,
    fullReadMs: (directory?.fullReadHours ?? 24) * hourMs,
  }
}

/** Homes that users may be given: those that are configured, or else every home that was ever held. Rejects with UnavailableError. */
export async function assignableHomes(
  { sync }: Pick<ClusterConfig, 'sync'>,
  leases: { homes(): Promise<readonly HomeName[]> },
): Promise<readonly HomeName[]> {
  return sync.homes ?? (await leases.homes())
}

function assignmentRules({ rules, sites }: ClusterConfig['sync']['assignment']): AssignmentRules {
  const mistakes: string[] = []
  for (const [at, { site, attribute, value }] of rules.entries()) {
    const where = `"sync.assignment.rules[${at}]"`
    if (!Object.hasOwn(sites, site)) mistakes.push(`${where} names the site ${site}, which is not in "sites"`)
    if ((attribute === undefined) !== (value === undefined))
      mistakes.push(`${where} needs both "attribute" and "value", or none of them`)
  }
  const parsed = Object.entries(sites).map(([name, site]) => {
    const homes = site.homes.flatMap((home): HomeName[] => {
      try {
        return [parseHomeName(home)]
      } catch {
        mistakes.push(`"sync.assignment.sites.${name}" names "${home}", which cannot be the name of a home`)
        return []
      }
    })
    return [name, { homes, capacity: site.capacity }] as const
  })
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'))
  return { rules, sites: Object.fromEntries(parsed) }
}

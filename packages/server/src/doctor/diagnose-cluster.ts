import { systemIds } from '@parley/domain'
import { ClusterKeys, createClusterClient } from '@parley/http'
import type { ClusterConfig } from '../cluster-config.ts'
import { clusterSecrets, clusterTls } from '../cluster-secrets.ts'
import { createLogger } from '../logger.ts'
import { openUsers } from '../users-of-domains.ts'
import { checkAuth } from './check-auth.ts'
import { checkCallBacks } from './check-call-backs.ts'
import { checkDns } from './check-dns.ts'
import { checkHomes, checkMap } from './check-homes.ts'
import { checkListeners } from './check-listeners.ts'
import { checkNats } from './check-nats.ts'
import { checkFileLimit, checkNodeVersion } from './check-process.ts'
import { openCheckedRedis } from './check-redis.ts'
import { checkSecrets } from './check-secrets.ts'
import { checkTls } from './check-tls.ts'
import { checkUsers } from './check-users.ts'
import type { DiagnoseDeps } from './diagnose.ts'
import { type Finding, ok } from './finding.ts'

/** Every check of a cluster's configuration that is well-formed, in the order in which one would mend things. */
export async function diagnoseCluster(config: ClusterConfig, deps: DiagnoseDeps): Promise<readonly Finding[]> {
  const secrets = await checkSecrets(config, deps.clock)
  const isUsable = secrets.every(({ level }) => level !== 'fail')
  const [users, cluster, edge] = await Promise.all([
    checkAccounts(config),
    // What follows would only say again that a file cannot be read.
    isUsable ? checkCluster(config) : [],
    checkEdge(config, deps),
  ])
  return [checkNodeVersion(deps.nodeVersion), ...secrets, ...users, ...cluster, ...edge]
}

async function checkAccounts({ users, ...config }: ClusterConfig): Promise<readonly Finding[]> {
  if (users === undefined) return [ok('no users file: nobody signs in at the processes that read this')]
  return await checkUsers({ ...config, users })
}

async function checkCluster(config: ClusterConfig): Promise<readonly Finding[]> {
  const [nats, redis] = await Promise.all([checkNats(config), checkRedis(config)])
  return [...redis, ...nats]
}

async function checkRedis(config: ClusterConfig): Promise<readonly Finding[]> {
  await using redis = await openCheckedRedis(config)
  if (!redis.parts) return redis.findings
  const { clock, map, leases } = redis.parts
  const keys = new ClusterKeys(clusterSecrets(config))
  await using client = createClusterClient({ keys, clock, ids: systemIds, ...clusterTls(config) })
  return [...redis.findings, ...(await checkHomes({ map, leases, client })), ...(await checkUsersInMap(config, map))]
}

async function checkUsersInMap(
  { users, ...config }: ClusterConfig,
  map: Parameters<typeof checkMap>[1]['map'],
): Promise<readonly Finding[]> {
  if (users === undefined) return []
  try {
    await using accounts = await openUsers({ ...config, users }, createLogger('silent'))
    return await checkMap(accounts.users(), { map })
  } catch {
    // The file has a finding of its own.
    return []
  }
}

/** What matters where clients connect. */
async function checkEdge(config: ClusterConfig, deps: DiagnoseDeps): Promise<readonly Finding[]> {
  if (config.listen.length === 0) {
    return [ok('nothing is said of where clients connect: give --listen, as to the routers, to have that checked')]
  }
  const groups = await Promise.all([
    checkListeners(config),
    checkTls(config, deps.clock),
    checkDns(config, deps),
    checkAuth(config),
    checkCallBacks(config),
    checkFileLimit(config, deps.limitsText),
  ])
  return groups.flat()
}

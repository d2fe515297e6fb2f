import { LdapSource } from '@parley/adapter-ldap'
import { systemClock, systemIds } from '@parley/domain'
import { ClusterKeys, createClusterClient } from '@parley/http'
import type { ClusterConfig } from '../cluster-config.ts'
import { clusterSecrets, clusterTls } from '../cluster-secrets.ts'
import { sourceSettings } from '../directory-settings.ts'
import { createLogger } from '../logger.ts'
import { openUsers } from '../users-of-domains.ts'
import { checkAuth } from './check-auth.ts'
import { checkCallBacks } from './check-call-backs.ts'
import { type CheckedDirectory, checkDirectory } from './check-directory.ts'
import { checkDirectoryAuth } from './check-directory-auth.ts'
import { checkDns } from './check-dns.ts'
import { checkHomes, checkMap } from './check-homes.ts'
import { checkListeners } from './check-listeners.ts'
import { checkMailDomains } from './check-mail-domains.ts'
import { checkNats } from './check-nats.ts'
import { checkNtlmAuth } from './check-ntlm-auth.ts'
import { checkFileLimit, checkNodeVersion } from './check-process.ts'
import { openCheckedRedis } from './check-redis.ts'
import { checkSecrets } from './check-secrets.ts'
import { checkSync } from './check-sync.ts'
import { checkTls } from './check-tls.ts'
import { checkUsers } from './check-users.ts'
import type { DiagnoseDeps } from './diagnose.ts'
import { type Finding, ok } from './finding.ts'

/** Every check of a cluster's configuration that is well-formed, in the order in which one would mend things. */
export async function diagnoseCluster(config: ClusterConfig, deps: DiagnoseDeps): Promise<readonly Finding[]> {
  const secrets = await checkSecrets(config, deps.clock)
  const isUsable = secrets.every(({ level }) => level !== 'fail')
  // What follows would only say again that a file cannot be read.
  const nothing: CheckedDirectory = { findings: [], mailDomains: [] }
  const [users, directory, cluster] = await Promise.all([
    checkAccounts(config),
    isUsable ? checkDirectory(config) : nothing,
    isUsable ? checkCluster(config) : [],
  ])
  const edge = await checkEdge(config, deps, directory)
  return [checkNodeVersion(deps.nodeVersion), ...secrets, ...users, ...directory.findings, ...cluster, ...edge]
}

async function checkAccounts({ users, ...config }: ClusterConfig): Promise<readonly Finding[]> {
  if (users !== undefined) return await checkUsers({ ...config, users })
  return config.directory ? [] : [ok('no users file: nobody signs in at the processes that read this')]
}

async function checkCluster(config: ClusterConfig): Promise<readonly Finding[]> {
  const [nats, redis] = await Promise.all([checkNats(config), checkRedis(config)])
  return [...redis, ...nats]
}

async function checkRedis(config: ClusterConfig): Promise<readonly Finding[]> {
  await using redis = await openCheckedRedis(config)
  if (!redis.parts) return redis.findings
  const { clock, map, leases, syncStore } = redis.parts
  const keys = new ClusterKeys(clusterSecrets(config))
  await using client = createClusterClient({ keys, clock, ids: systemIds, ...clusterTls(config) })
  const users = config.directory
    ? await checkSync({ store: syncStore, fingerprint: fingerprintOf(config), now: clock.now() })
    : await checkUsersInMap(config, map)
  return [...redis.findings, ...(await checkHomes({ map, leases, client })), ...users]
}

/** Undefined when the settings of the directory make no sense, which is a finding of its own. */
function fingerprintOf(config: ClusterConfig): string | undefined {
  try {
    return config.directory && new LdapSource(sourceSettings(config, config.directory), systemClock).fingerprint
  } catch {
    return undefined
  }
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
async function checkEdge(
  config: ClusterConfig,
  deps: DiagnoseDeps,
  { mailDomains }: CheckedDirectory,
): Promise<readonly Finding[]> {
  if (config.listen.length === 0) {
    return [ok('nothing is said of where clients connect: give --listen, as to the routers, to have that checked')]
  }
  const groups = await Promise.all([
    checkListeners(config),
    checkTls(config, deps.clock),
    checkDns(config, deps),
    checkMailDomains(mailDomains, config, deps),
    config.directory ? checkDirectoryAuth(config) : checkAuth(config),
    checkNtlmAuth(config),
    checkCallBacks(config),
    checkFileLimit(config, deps.limitsText),
  ])
  return groups.flat()
}

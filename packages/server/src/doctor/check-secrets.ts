import type { Clock } from '@parley/domain'
import { ClusterKeys } from '@parley/http'
import type { ClusterConfig } from '../cluster-config.ts'
import { clusterSecrets, clusterTls, natsSettings, redisSecrets } from '../cluster-secrets.ts'
import { directorySettings } from '../directory-settings.ts'
import { checkPair } from './check-tls.ts'
import { type Finding, fail, ok, reasonOf } from './finding.ts'

/** The files with the cluster's keys, passwords and certificates: there, private, and of use. */
export async function checkSecrets(config: ClusterConfig, clock: Clock): Promise<readonly Finding[]> {
  const keys = config.cluster.keys.map(({ id }) => id).join(', ')
  const findings = [
    checkOne(`the cluster's keys can be used: ${keys}`, () => new ClusterKeys(clusterSecrets(config))),
    checkOne('the secrets of Redis can be read', () => redisSecrets(config.redis)),
    checkOne('the secrets of NATS can be read', () => natsSettings(config)),
  ]
  const { directory } = config
  if (directory) {
    findings.push(checkOne('the secrets of the directory can be read', () => directorySettings(config, directory)))
  }
  const { tls } = config.cluster
  if (!tls) return findings
  const readable = checkOne('the certificates for other nodes can be read', () => clusterTls(config))
  return [...findings, readable, ...(readable.level === 'ok' ? await checkPair(tls, [], 'cluster.tls', clock) : [])]
}

function checkOne(what: string, read: () => unknown): Finding {
  try {
    read()
    return ok(what)
  } catch (error) {
    const reason = reasonOf(error)
    const [problem = reason, todo] = reason.split('; ')
    return todo === undefined ? fail(problem, 'mend that file, or the setting') : fail(problem, todo)
  }
}

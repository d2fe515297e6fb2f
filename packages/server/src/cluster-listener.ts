import { clusterListenerLimits, type Listener, openListener } from '@parley/http'
import type { ClusterConfig } from './cluster-config.ts'
import { clusterTls } from './cluster-secrets.ts'
import { parseEndpoint } from './endpoint.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { assertPlainHttpAllowed } from './plain-http.ts'

/** Throws ConfigError when other nodes could not reach this one, or strangers could read what nodes say to each other. */
export function checkClusterListener({ cluster, ...config }: ClusterConfig, logger: Logger): void {
  if (!cluster.tls) assertPlainHttpAllowed(cluster.listen, config, logger)
  const { address } = parseEndpoint(cluster.listen)
  if (cluster.advertise === undefined && ['::', '0.0.0.0'].includes(address)) {
    throw new ConfigError(
      `"cluster.listen" is every address of the machine, so the others cannot know which one is meant.\n` +
        'Say it with "cluster.advertise" or --advertise, e.g. --advertise http://home-1.example.com:8180.',
    )
  }
}

/** Opens the listener for other nodes of the cluster. Rejects with ConfigError. */
export async function openClusterListener(
  config: ClusterConfig,
  parts: Pick<Parameters<typeof openListener>[0], 'clock' | 'events' | 'handler'>,
): Promise<Listener> {
  const { tls } = clusterTls(config)
  try {
    return await openListener({
      ...parseEndpoint(config.cluster.listen),
      ...(tls && { tls: { cert: tls.cert, key: tls.key, clientCa: tls.ca } }),
      limits: clusterListenerLimits,
      ...parts,
    })
  } catch (err) {
    const reason = err instanceof Error ? err.message : 'unknown'
    throw new ConfigError(`cannot listen on ${config.cluster.listen} for other nodes: ${reason}`, { cause: err })
  }
}

import { type ClusterConfig, clusterConfig } from './cluster-config.ts'
import { ConfigError, checkedConfig, readConfigFile } from './load-config.ts'

/** What the command line says about one node of a cluster; it wins over the file, which all nodes share. */
export interface ClusterFlags {
  readonly config?: string | undefined
  readonly name?: readonly string[] | undefined
  readonly listen?: readonly string[] | undefined
  readonly clusterListen?: string | undefined
  readonly advertise?: string | undefined
  readonly admin?: string | undefined
  readonly logLevel?: string | undefined
}

/** Joins file and flags and checks them once. Throws ConfigError with all mistakes. */
export function loadClusterConfig(flags: ClusterFlags): ClusterConfig {
  if (flags.config === undefined) {
    throw new ConfigError('name the configuration file of the cluster: --config FILE (docs/cluster.md has an example)')
  }
  const file = readConfigFile(flags.config)
  const config = checkedConfig(clusterConfig, withFlags(file, flags), `${flags.config} and the command line`)
  const { url, sentinels, cluster } = config.redis
  if ([url, sentinels, cluster].filter((given) => given !== undefined).length !== 1) {
    throw new ConfigError(`${flags.config}: "redis" needs one of "url", "sentinels" and "cluster"`)
  }
  return config
}

function withFlags(file: Record<string, unknown>, flags: ClusterFlags): Record<string, unknown> {
  return {
    ...file,
    ...(flags.listen && { listen: flags.listen.map((at) => ({ at })) }),
    ...(flags.admin !== undefined && { admin: flags.admin }),
    ...section(file, 'home', { names: flags.name }),
    ...section(file, 'cluster', { listen: flags.clusterListen, advertise: flags.advertise }),
    ...section(file, 'log', { level: flags.logLevel }),
  }
}

/** A section of the file with what the flags say in it; nothing when they say nothing. */
function section(
  file: Record<string, unknown>,
  name: string,
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  if (given.length === 0) return {}
  return { [name]: { ...(file[name] as object | undefined), ...Object.fromEntries(given) } }
}

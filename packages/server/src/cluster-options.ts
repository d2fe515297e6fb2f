import type { Argv } from 'yargs'

/** The options that every command on a cluster has (ClusterFlags). */
export function clusterOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('config', {
      type: 'string',
      normalize: true,
      describe: 'YAML file with the configuration that all nodes of the cluster share',
    })
    .option('log-level', {
      choices: ['debug', 'info', 'warn', 'error', 'silent'] as const,
      describe: 'Log level [default: info]',
    })
}

/** The options of commands that serve as a node of a cluster. */
export function clusterNodeOptions<T>(yargs: Argv<T>) {
  return clusterOptions(yargs)
    .option('listen', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'ADDRESS:PORT to take clients’ requests on, instead of "listen" in the file',
    })
    .option('admin', { type: 'string', describe: 'ADDRESS:PORT of /healthz, /readyz and /metrics' })
}

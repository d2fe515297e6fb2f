import { clusterNodeOptions } from '../cluster-options.ts'
import type { CommandBody } from '../command-body.ts'
import { composeHome } from '../compose-home.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { runNode } from '../run-node.ts'

/** `parley home`: holds homes of a cluster. */
export const homeCommand: CommandBody<ClusterFlags> = {
  builder: (yargs) =>
    clusterNodeOptions(yargs)
      .option('name', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Home to hold when nobody else does; may be repeated; without any, a standby for the others',
      })
      .option('cluster-listen', { type: 'string', describe: 'ADDRESS:PORT for the other nodes of the cluster' })
      .option('advertise', { type: 'string', describe: 'URL under which the other nodes reach that port' })
      .example('$0 home --config /etc/parley/cluster.yaml --name hq-1', 'holds hq-1, and stands by for the others')
      .epilog('docs/cluster.md tells how the parts of a cluster work together. SIGHUP reads the cluster’s keys again.'),
  handler: (args) => runNode(() => loadClusterConfig(args), composeHome),
}

import { clusterNodeOptions } from '../cluster-options.ts'
import type { CommandBody } from '../command-body.ts'
import { composeRouter } from '../compose-router.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { runNode } from '../run-node.ts'

/** `parley router`: a stateless router of a cluster. */
export const routerCommand: CommandBody<ClusterFlags> = {
  builder: (yargs) =>
    clusterNodeOptions(yargs)
      .option('cluster-listen', {
        type: 'string',
        describe: 'ADDRESS:PORT for other nodes that send to other IM domains',
      })
      .option('advertise', { type: 'string', describe: 'URL under which the other nodes reach that port' })
      .example('$0 router --config /etc/parley/cluster.yaml', 'one of any number of routers, on any machine')
      .epilog('docs/cluster.md tells how the parts of a cluster work together. SIGHUP reads the cluster’s keys again.'),
  handler: (args) => runNode(() => loadClusterConfig(args), composeRouter),
}

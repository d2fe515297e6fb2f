import { natsAuthorization, natsUserOf } from '@parley/adapter-nats'
import { natsSettings } from '../cluster-secrets.ts'
import type { CommandBody } from '../command-body.ts'
import { loadClusterConfig } from '../load-cluster-config.ts'

interface NatsUsersArguments {
  readonly config: string | undefined
}

/** `parley nats-users`: what a NATS server has to know of a cluster. */
export const natsUsersCommand: CommandBody<NatsUsersArguments> = {
  builder: (yargs) =>
    yargs
      .option('config', { type: 'string', normalize: true, describe: 'Configuration file of the cluster' })
      .example(
        '$0 nats-users --config /etc/parley/cluster.yaml > nats-users.conf',
        'to be included in nats-server.conf',
      )
      .epilog('Only homes use NATS. What is printed holds the password of `nats.passwordFile`, so keep it private.'),
  handler: (args) => {
    const config = natsSettings(loadClusterConfig(args))
    process.stdout.write(natsAuthorization([natsUserOf(config, 'home')], config))
  },
}

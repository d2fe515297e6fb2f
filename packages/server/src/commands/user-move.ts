import { type HomeName, parseHomeName } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import type { CommandModule } from 'yargs'
import type { ClusterParts } from '../cluster-parts.ts'
import { openClusterTool } from '../cluster-tool.ts'
import { loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError } from '../load-config.ts'

interface MoveArguments {
  readonly name: string[]
  readonly to: string
  readonly config: string | undefined
}

/** `parley user move`: gives users of a cluster another home, with all that they hold, while they are signed in. */
export const userMoveCommand: CommandModule<object, MoveArguments> = {
  command: 'move <name..>',
  describe: 'Move users of a cluster to another home, with all they have, while they are signed in',
  builder: (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Alias, or alice@im.example.com where the cluster has several IM domains',
      })
      .option('to', { type: 'string', demandOption: true, requiresArg: true, describe: 'The home, e.g. hq-2' })
      .option('config', { type: 'string', normalize: true, describe: 'Configuration file of the cluster' })
      .example('$0 user move alice bob --to hq-2 --config cluster.yaml', 'nobody is signed off'),
  handler: async (args) => {
    const config = loadClusterConfig({ config: args.config })
    const to = homeOf(args.to)
    await using parts = await openClusterTool(config)
    if (!(await parts.leases.lease(to))) {
      throw new ConfigError(`nobody holds ${to}: start "parley home --name ${to}" first, or choose another home`)
    }
    for (const name of args.name) {
      const node = nodeOf(name, config.domains[0]?.name ?? '')
      process.stdout.write(`${name} ${await moveUser(parts, node, to)}\n`)
    }
  },
}

async function moveUser({ map, leases, client }: ClusterParts, node: LogicalUrl, to: HomeName): Promise<string> {
  const location = await map.locate(node)
  if (!location) throw new ConfigError(`${node} is not in the directory map: "parley sync" brings users there`)
  if (location.home === to) return `lives at ${to} already`
  const lease = await leases.lease(location.home)
  // A home that nobody ever held has nothing of them.
  if (!lease && !(await leases.homes()).includes(location.home) && (await map.move(node, location.home, to))) {
    return `moved from ${location.home}, which nobody ever held, to ${to}`
  }
  if (!lease) throw new ConfigError(`nobody holds ${location.home}, from which ${node} is to move: start it first`)
  await client.call(lease, 'moveNode', { node, to })
  return `moved from ${location.home} to ${to}`
}

function nodeOf(name: string, domain: string): LogicalUrl {
  const at = name.lastIndexOf('@')
  return at < 0 ? userUrl(domain, name) : userUrl(name.slice(at + 1), name.slice(0, at))
}

function homeOf(text: string): HomeName {
  try {
    return parseHomeName(text)
  } catch (err) {
    throw new ConfigError(`--to ${text}: ${err instanceof Error ? err.message : 'not a home'}`, { cause: err })
  }
}

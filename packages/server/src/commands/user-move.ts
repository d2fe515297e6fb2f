import { type HomeName, parseHomeName } from '@parley/domain'
import { type RvpError, UnavailableError } from '@parley/protocol'
import type { CommandModule } from 'yargs'
import type { ClusterConfig } from '../cluster-config.ts'
import type { ClusterParts } from '../cluster-parts.ts'
import { openClusterTool } from '../cluster-tool.ts'
import { loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError } from '../load-config.ts'
import { findMapUser } from '../map-users/map-user.ts'
import { untilAvailable } from '../until-available.ts'

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
    const lines = moveUsers(loadClusterConfig({ config: args.config }), args.name, args.to)
    for await (const line of lines) process.stdout.write(line)
  },
}

/** Homes change hands within seconds; one whose process died is taken over within ten. */
const patience = { limitMs: 30_000, pauseMs: 1_000 }

/**
 * Moves users, and gives a line of text about each; waits for homes that change hands meanwhile. Throws ConfigError at the first who
 * cannot be moved, and UnavailableError.
 */
export async function* moveUsers(
  config: ClusterConfig,
  names: readonly string[],
  home: string,
): AsyncGenerator<string> {
  const to = homeOf(home)
  await using parts = await openClusterTool(config)
  const { clock } = parts
  const waiting = ({ publicMessage }: RvpError): void =>
    void process.stderr.write(`${publicMessage}; trying again for 30 s\n`)
  const insist = <T>(work: () => Promise<T>): Promise<T> => untilAvailable(work, { ...patience, clock, waiting })
  await insist(async () => {
    if (!(await parts.leases.lease(to))) throw await unheld(parts, to, 'first, or choose another home')
  })
  for (const name of names) {
    yield `${name} ${await insist(() => moveUser(parts, name, to, config.domains[0]?.name ?? ''))}\n`
  }
}

/** What to say of a home without a holder: UnavailableError if it had one before, which may come back; else ConfigError. */
async function unheld({ leases }: ClusterParts, home: HomeName, cure: string): Promise<Error> {
  const sentence = `nobody holds ${home}: start "parley home --name ${home}" ${cure}`
  const wasHeld = (await leases.homes()).includes(home)
  return wasHeld ? new UnavailableError(sentence) : new ConfigError(sentence)
}

async function moveUser(parts: ClusterParts, name: string, to: HomeName, domain: string): Promise<string> {
  const { map, leases, client } = parts
  const location = await findMapUser(map, name, domain)
  if (!location) throw new ConfigError(`${name} is not in the directory map: "parley sync" brings users there`)
  const { node } = location
  if (location.home === to) return `lives at ${to} already`
  const lease = await leases.lease(location.home)
  // A home that nobody ever held has nothing of them.
  if (!lease && !(await leases.homes()).includes(location.home) && (await map.move(node, location.home, to))) {
    return `moved from ${location.home}, which nobody ever held, to ${to}`
  }
  if (!lease) throw await unheld(parts, location.home, `first: ${node} is to move from it`)
  await client.call(lease, 'moveNode', { node, to })
  return `moved from ${location.home} to ${to}`
}

function homeOf(text: string): HomeName {
  try {
    return parseHomeName(text)
  } catch (err) {
    throw new ConfigError(`${text}: ${err instanceof Error ? err.message : 'not a home'}`, { cause: err })
  }
}

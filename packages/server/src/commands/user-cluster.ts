import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { searchWords } from '@parley/domain'
import type { Argv, CommandModule } from 'yargs'
import type { ClusterConfig } from '../cluster-config.ts'
import type { ClusterParts } from '../cluster-parts.ts'
import { openClusterTool } from '../cluster-tool.ts'
import { loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError } from '../load-config.ts'
import { addressOf, homesOfSite, type MapUser, mapUserOf, usersInMap } from '../map-users/map-user.ts'
import { type ShownUser, shownUser } from '../map-users/shown-user.ts'
import { switchUserOff, switchUserOn } from '../map-users/switch-users.ts'
import { jsonLines, tableLines } from '../text-table.ts'
import { moveUsers } from './user-move.ts'

/** Where commands on the users of a cluster write. */
export interface ClusterTerminal {
  readonly output: Writable
  /** Notes. */
  readonly errors: Writable
}

/** Which users of a cluster `parley user list` lists. */
export interface ClusterListOptions {
  readonly config: string
  readonly home?: string | undefined
  readonly site?: string | undefined
  readonly unit?: string | undefined
  readonly disabled?: boolean | undefined
  readonly json: boolean
}

/** `parley user list --config`: all users of the map, or those who are switched off. */
export async function listClusterUsers(options: ClusterListOptions, terminal: ClusterTerminal): Promise<void> {
  await using tool = await openTool(options.config)
  if (options.disabled) return await listSwitchedOff(tool, options.json, terminal)
  const { home, site, unit, json } = options
  const ofSite = site === undefined ? undefined : homesOfSite(site, tool.config.sync.assignment.sites)
  const named = home === undefined ? ofSite : (ofSite ?? [home]).filter((name) => name === home)
  const users = usersInMap(tool.parts.map, { homes: named && new Set(named), unit })
  if (json) return await write(terminal.output, jsonLines(users))
  const count = await writeTable(terminal, users)
  terminal.errors.write(count === 0 ? 'no such users; "parley sync" brings them into the map\n' : `${count} users\n`)
}

/** `parley user enable|disable --config`. Rejects with ConfigError at whoever does not exist; who is named before is done. */
export async function switchClusterUsers(
  { config, names, on }: { readonly config: string; readonly names: readonly string[]; readonly on: boolean },
  { output }: Pick<ClusterTerminal, 'output'>,
): Promise<void> {
  await using tool = await openTool(config)
  for (const name of names) {
    const switched = await (on ? switchUserOn : switchUserOff)(tool.parts, name, tool.domain)
    const text = on ? 'is enabled' : 'is disabled'
    const more = on
      ? ', from the next run of "parley sync" on, if the directory has the user'
      : ': signed off now, and left out by "parley sync" until "parley user enable"'
    output.write(`${name} ${switched === 'already' ? `${text} already` : text + more}\n`)
  }
}

/** Adds `parley user find`, `show` and `assign`, which files have not. */
export function withClusterUserCommands<T>(yargs: Argv<T>, terminal: ClusterTerminal): Argv<T> {
  return yargs.command(findCommand(terminal)).command(showCommand(terminal)).command(assignCommand(terminal))
}

function findCommand(
  terminal: ClusterTerminal,
): CommandModule<object, { config: string; words: string[]; limit: number; json: boolean }> {
  return {
    command: 'find <words..>',
    describe: 'Find users of a cluster by the beginnings of words of their name, mail address or alias',
    builder: (yargs) =>
      clusterConfigOption(yargs)
        .positional('words', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'All must fit, e.g. anna li',
        })
        .option('limit', { type: 'number', default: 20, describe: 'How many are shown, 1 to 100' })
        .option('json', jsonOption)
        .check(({ limit }) => (Number.isInteger(limit) && limit >= 1 && limit <= 100) || 'Invalid --limit: 1 to 100.')
        .example('$0 user find anna li --config cluster.yaml', 'Anna Lindqvist, Annabel Li and the like')
        .epilog('The exit code is 1 when nobody is found.'),
    handler: async ({ config, words: texts, limit, json }) => {
      const words = searchWords(texts.join(' '))
      if (words.length === 0 || words.length > 8) throw new ConfigError('give 1 to 8 words of a name')
      await using tool = await openTool(config)
      const { map, people } = tool.parts
      const found = await people.search({ words, criteria: {}, limit })
      const entries = await Promise.all(found.people.map(({ node }) => map.entry(node)))
      const users = entries.flatMap((entry) => (entry ? mapUserOf(entry) : []))
      if (users.length === 0) process.exitCode = 1
      if (json) return await write(terminal.output, jsonLines(users))
      await writeTable(terminal, users)
      if (users.length === 0) terminal.errors.write('nobody was found\n')
      if (found.more) terminal.errors.write(`more than ${limit} fit: give more words, or a higher --limit\n`)
    },
  }
}

function showCommand(
  terminal: ClusterTerminal,
): CommandModule<object, { config: string; name: string; json: boolean }> {
  return {
    command: 'show <name>',
    describe: 'Show all that a cluster knows of a user',
    builder: (yargs) =>
      clusterConfigOption(yargs)
        .positional('name', nameOption)
        .option('json', jsonOption)
        .example('$0 user show alice --config cluster.yaml', 'her home, who holds it, and what she may sign in as'),
    handler: async ({ config, name, json }) => {
      await using tool = await openTool(config)
      const shown = await shownUser(tool.parts, name, tool.domain)
      if (json) return await write(terminal.output, [`${JSON.stringify(shown, undefined, 2)}\n`])
      await write(terminal.output, tableLines(['WHAT', 'IS'], factsOf(shown)))
    },
  }
}

function assignCommand(
  terminal: ClusterTerminal,
): CommandModule<object, { config: string; name: string; home: string }> {
  return {
    command: 'assign <name> <home>',
    describe: 'Give a user of a cluster another home, as "move" does for several',
    builder: (yargs) =>
      clusterConfigOption(yargs)
        .positional('name', nameOption)
        .positional('home', { type: 'string', demandOption: true, describe: 'The home, e.g. hq-2' })
        .example('$0 user assign alice hq-2 --config cluster.yaml', 'she stays signed in'),
    handler: async ({ config, name, home }) => {
      for await (const line of moveUsers(loadClusterConfig({ config }), [name], home)) terminal.output.write(line)
    },
  }
}

const jsonOption = { type: 'boolean', default: false, describe: 'Print JSON' } as const
const nameOption = {
  type: 'string',
  demandOption: true,
  describe: 'Alias, IM address, mail address or any other name that the user may sign in as',
} as const

/** Says again, for the types, what `parley user` has, and that it is needed. */
function clusterConfigOption(yargs: Argv): Argv<{ config: string }> {
  return yargs.option('config', {
    type: 'string',
    normalize: true,
    demandOption: true,
    describe: 'Configuration file of the cluster',
  })
}

/** A cluster that a command works on, and the IM domain of aliases. */
interface Tool extends AsyncDisposable {
  readonly config: ClusterConfig
  readonly parts: ClusterParts
  readonly domain: string
}

async function openTool(path: string): Promise<Tool> {
  const config = loadClusterConfig({ config: path })
  const parts = await openClusterTool(config)
  const domain = config.domains[0]?.name ?? ''
  return { config, parts, domain, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() }
}

async function listSwitchedOff({ parts }: Tool, json: boolean, { output, errors }: ClusterTerminal): Promise<void> {
  const off = [...(await parts.sync.switchedOff())].map(([id, node]) => ({ address: addressOf(node), href: node, id }))
  if (json) return await write(output, jsonLines(off))
  const rows = off.map(({ address, id }) => [address, id])
  await write(output, tableLines(['ADDRESS', 'ENTRY'], rows))
  errors.write(`${off.length} users are switched off\n`)
}

/** Resolves with how many there were. */
async function writeTable(
  { output }: ClusterTerminal,
  users: Iterable<MapUser> | AsyncIterable<MapUser>,
): Promise<number> {
  let count = 0
  const rows = async function* () {
    for await (const { address, displayName, mail = '', home, unit = '' } of users) {
      count += 1
      yield [address, displayName, mail, home, unit]
    }
  }
  await write(output, tableLines(['ADDRESS', 'DISPLAY NAME', 'MAIL', 'HOME', 'UNIT'], rows()))
  return count
}

function factsOf({ attributes, names, ...user }: ShownUser): readonly (readonly [string, string])[] {
  return [
    ...Object.entries(user).map(([what, is]) => [what, `${is}`] as const),
    ...(names.length > 0 ? [['signs in as', names.join(', ')] as const] : []),
    ...Object.entries(attributes),
  ]
}

/** Writes lines as fast as they are taken; that nobody reads on, as behind `| head`, is no failure. */
async function write(output: Writable, lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines), output, { end: false })
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'EPIPE')) throw err
  }
}

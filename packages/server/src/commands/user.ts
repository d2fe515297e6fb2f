import type { Readable, Writable } from 'node:stream'
import {
  addUser,
  type ListedUser,
  listUsers,
  type PasswordKind,
  type PasswordResult,
  removeUser,
  setEnabled,
  setPassword,
  UsersFileError,
} from '@parley/adapter-file'
import type { Argv, CommandModule } from 'yargs'
import { askSecretly } from '../chat/chat-terminal.ts'
import type { CommandBody } from '../command-body.ts'
import {
  type ClusterListOptions,
  listClusterUsers,
  switchClusterUsers,
  withClusterUserCommands,
} from './user-cluster.ts'
import { userMoveCommand } from './user-move.ts'

/** Where `parley user` reads passwords and writes results. */
export interface UserTerminal {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable
  /** Questions and notes. */
  readonly errors: Writable
}

/** `parley user`: makes and changes the accounts of a users file. Failures are UsersFileError. */
export const userCommand: CommandBody = createUserCommand({
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
})

/** `parley user` on another terminal than the process's own. */
export function createUserCommand(terminal: UserTerminal): CommandBody {
  return {
    builder: (yargs) =>
      withClusterUserCommands(yargs, terminal)
        .example('$0 user add alice@im.example.com --users users.yaml --enable', 'asks for the password')
        .example('$0 user list --users users.yaml', 'who there is, and with which schemes')
        .example('$0 user list --config cluster.yaml --site oslo', 'who of the directory may use IM')
        .epilog('A running server takes changes over at once.')
        .option('users', {
          type: 'string',
          requiresArg: true,
          normalize: true,
          describe: 'The users file (YAML); "add" makes it',
        })
        .option('config', {
          type: 'string',
          requiresArg: true,
          normalize: true,
          describe:
            'Configuration file of a cluster, instead of a users file, to list, find, show, switch and move its users',
        })
        .conflicts('users', 'config')
        .command(addCommand(terminal))
        .command(passwdCommand(terminal))
        .command(enableCommand(terminal, true))
        .command(enableCommand(terminal, false))
        .command(removeCommand(terminal))
        .command(listCommand(terminal))
        .command(userMoveCommand)
        .check(({ _: words, users, config }) => {
          const [, word] = words
          const isOfBoth = word === 'list' || word === 'enable' || word === 'disable'
          // NOTE: who is in the map of a cluster is in no file; the commands on the map alone demand their file themselves.
          if (isOfBoth)
            return users !== undefined || config !== undefined || 'Say either --users FILE or --config FILE.'
          const isOfFile = word === 'add' || word === 'passwd' || word === 'remove'
          return !isOfFile || users !== undefined || 'Missing required argument: users'
        })
        .demandCommand(1, 'Say what to do with a user; "parley user --help" lists it.'),
    handler: () => undefined,
  }
}

interface UserArguments {
  readonly users: string
  readonly name: string
}

interface PasswordArguments extends UserArguments {
  readonly 'password-stdin': boolean
  readonly domain: string[]
  readonly 'nt-domain': string[]
}

interface AddArguments extends PasswordArguments {
  readonly enable: boolean
  readonly 'display-name': string | undefined
  readonly mail: string | undefined
}

function addCommand(terminal: UserTerminal): CommandModule<object, AddArguments> {
  return {
    command: 'add <name>',
    describe: 'Add a user, who is disabled until enabled',
    builder: (yargs) =>
      passwordOptions(yargs, 'Alias, e.g. alice; or alice@im.example.com, which makes the domain known, too')
        .option('enable', { type: 'boolean', default: false, describe: 'Let the user use IM at once' })
        .option('display-name', { type: 'string', requiresArg: true, describe: 'What others see' })
        .option('mail', { type: 'string', requiresArg: true, describe: 'Mail address' })
        .example('$0 user add alice@im.example.com --users users.yaml --enable', 'asks for the password')
        .example('$0 user add alice --users users.yaml --nt-domain CORP', 'so that CORP\\alice can sign in, too'),
    handler: async ({ users, name, enable, mail, domain, ...args }) => {
      const password = await passwordOf(args['password-stdin'], terminal)
      const result = await addUser(users, {
        name,
        password,
        enabled: enable,
        displayName: args['display-name'],
        mail,
        domains: domain,
        ntDomains: args['nt-domain'],
      })
      terminal.output.write(`${name} was added${enable ? '' : '; to let the user in: parley user enable'}\n`)
      note(password, result, terminal)
    },
  }
}

function passwdCommand(
  terminal: UserTerminal,
): CommandModule<object, PasswordArguments & { readonly only: PasswordKind | undefined }> {
  return {
    command: 'passwd <name>',
    describe: 'Set the password of a user, or only the one for IM',
    builder: (yargs) =>
      passwordOptions(yargs, aliasMeaning)
        .option('only', {
          choices: ['im', 'account'] as const,
          describe: 'im: what Digest and NTLM prove; account: what Basic over TLS sends',
        })
        .example('$0 user passwd alice --only im --users users.yaml', 'a password for classic clients only'),
    handler: async ({ users, name, only, domain, ...args }) => {
      const password = await passwordOf(args['password-stdin'], terminal)
      const result = await setPassword(users, name, password, { only, domains: domain, ntDomains: args['nt-domain'] })
      terminal.output.write(`${name} has a new password\n`)
      note(password, result, terminal)
    },
  }
}

interface SwitchArguments {
  readonly users: string | undefined
  readonly config: string | undefined
  readonly names: string[]
}

function enableCommand(terminal: UserTerminal, on: boolean): CommandModule<object, SwitchArguments> {
  const verb = on ? 'enable' : 'disable'
  return {
    command: `${verb} <names..>`,
    describe: on ? 'Let users use IM' : 'Keep users out of IM; nothing is lost',
    builder: (yargs) =>
      eitherOption(yargs)
        .positional('names', { type: 'string', array: true, demandOption: true, describe: aliasMeaning })
        .example(`$0 user ${verb} alice --users users.yaml`, 'a running server acts at once')
        .example(
          `$0 user ${verb} alice@im.example.com --config cluster.yaml`,
          on ? 'acts with the next run of "parley sync"' : 'devices end within seconds, whatever the directory says',
        ),
    handler: async ({ users, config, names }) => {
      if (config !== undefined) return await switchClusterUsers({ config, names, on }, terminal)
      for (const name of names) {
        await setEnabled(users ?? '', name, on)
        terminal.output.write(`${name} is ${verb}d\n`)
      }
    },
  }
}

function removeCommand(terminal: UserTerminal): CommandModule<object, UserArguments> {
  return {
    command: 'remove <name>',
    describe: 'Remove a user',
    builder: (yargs) => nameArgument(yargs, aliasMeaning),
    handler: async ({ users, name }) => {
      await removeUser(users, name)
      terminal.output.write(`${name} was removed\n`)
    },
  }
}

interface ListArguments extends Omit<ClusterListOptions, 'config'> {
  readonly users: string | undefined
  readonly config: string | undefined
}

function listCommand(terminal: UserTerminal): CommandModule<object, ListArguments> {
  return {
    command: 'list',
    describe: 'List the users of a file, or of a cluster',
    builder: (yargs) =>
      eitherOption(yargs)
        .option('json', { type: 'boolean', default: false, describe: 'As a JSON array' })
        .option('home', { type: 'string', requiresArg: true, describe: 'Of a cluster: who lives at this home' })
        .option('site', {
          type: 'string',
          requiresArg: true,
          describe: 'Of a cluster: who lives at a home of this site',
        })
        .option('unit', {
          type: 'string',
          requiresArg: true,
          describe:
            'Of a cluster: who is in this container of the directory or below it, e.g. OU=Oslo,DC=example,DC=com',
        })
        .option('disabled', { type: 'boolean', describe: 'Of a cluster: who was switched off by "disable"' })
        .conflicts('users', ['home', 'site', 'unit', 'disabled'])
        .conflicts('disabled', ['home', 'site', 'unit'])
        .example('$0 user list --config cluster.yaml --json', 'all users of the directory that may use IM, one a line'),
    handler: async ({ users, config, ...options }) => {
      if (config !== undefined) return await listClusterUsers({ ...options, config }, terminal)
      const listed = await listUsers(users ?? '')
      if (options.json) terminal.output.write(`${JSON.stringify(listed, undefined, 2)}\n`)
      else if (listed.length > 0) terminal.output.write(tableOf(listed))
      else terminal.errors.write(`no users in ${users}; to add one: parley user add\n`)
    },
  }
}

/** Says again, for the types, what the command above has: one of the two is there. */
function eitherOption(yargs: Argv): Argv<{ users: string | undefined; config: string | undefined }> {
  return yargs.option('users', { type: 'string' }).option('config', { type: 'string' })
}

/** Says again, for the types, what the command above demands. */
function usersOption(yargs: Argv): Argv<{ users: string }> {
  return yargs.option('users', { type: 'string', demandOption: true })
}

const aliasMeaning = 'Alias, e.g. alice'

function nameArgument(yargs: Argv, describe: string): Argv<{ users: string; name: string }> {
  return usersOption(yargs).positional('name', { type: 'string', demandOption: true, describe })
}

function passwordOptions(yargs: Argv, nameMeaning: string) {
  return nameArgument(yargs, nameMeaning)
    .option('password-stdin', {
      type: 'boolean',
      default: false,
      describe: 'Read the password from the first line of standard input instead of asking',
    })
    .option('domain', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'IM domain that clients add to names, as in alice@im.example.com; kept in the file; may be repeated',
    })
    .option('nt-domain', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'Windows domain, as in CORP\\alice; kept in the file; may be repeated',
    })
    .epilog(
      'Digest compares names letter by letter: users sign in with it under the name as given or in lower case, alone or ' +
        'with a domain that the file knows.',
    )
}

async function passwordOf(fromStdin: boolean, { input, errors }: UserTerminal): Promise<string> {
  if (fromStdin) return await firstLineOf(input)
  if (!input.isTTY) throw new UsersFileError('no terminal to ask for the password; use --password-stdin')
  const password = await askSecretly('Password: ', input, errors)
  const again = await askSecretly('Again: ', input, errors)
  if (password === undefined || again === undefined) throw new UsersFileError('no password was given')
  if (password !== again) throw new UsersFileError('the two passwords differ; nothing was changed')
  return password
}

const maxLineBytes = 4096

/** The first line, without its end. */
async function firstLineOf(input: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (bytes.includes('\n') || length > maxLineBytes) break
  }
  const [line = ''] = decode(Buffer.concat(chunks)).split(/\r?\n/, 1)
  if (line === '') throw new UsersFileError('standard input holds no password on its first line')
  return line
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new UsersFileError('the password on standard input is not in UTF-8', { cause })
  }
}

function note(password: string, { missingSpellings }: PasswordResult, { errors }: UserTerminal): void {
  if (/[^\x20-\x7e]/.test(password)) {
    errors.write(
      'note: some classic clients cannot prove a password with characters outside ASCII (librvp with NTLM)\n',
    )
  }
  if (missingSpellings.length > 0) {
    const names = missingSpellings.join(', ')
    errors.write(
      `note: the domain is new; to sign in under it with Digest, these users need "passwd" again: ${names}\n`,
    )
  }
}

function tableOf(users: readonly ListedUser[]): string {
  const rows = [
    ['NAME', 'STATE', 'DISPLAY NAME', 'MAIL', 'SCHEMES'],
    ...users.map(({ name, enabled, displayName, mail = '-', schemes }) => {
      return [name, enabled ? 'enabled' : 'disabled', displayName, mail, schemes.join(' ') || '-']
    }),
  ]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

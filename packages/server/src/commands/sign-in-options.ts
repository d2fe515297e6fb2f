import { createInterface } from 'node:readline'
import type { AuthenticationScheme } from '@parley/client/node'
import type { Argv } from 'yargs'
import { askSecretly } from '../chat/chat-terminal.ts'
import { ContactsError } from '../contacts/contacts-error.ts'
import type { ServedContactsOptions } from '../contacts/open-contacts.ts'

/** What the command line says of the user who asks a server. */
export interface SignInArguments {
  readonly server: string | undefined
  readonly user: string | undefined
  readonly scheme: AuthenticationScheme
  readonly ca: string | undefined
  readonly 'password-stdin': boolean
}

/** The options of commands that a user runs against a server. */
export function signInOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('as', { type: 'string', requiresArg: true, describe: 'Sign in as this user, e.g. alice@im.example.com' })
    .option('server', {
      type: 'string',
      requiresArg: true,
      describe: 'http://HOST:PORT or https://HOST:PORT [default: http://DOMAIN]',
    })
    .option('user', {
      type: 'string',
      requiresArg: true,
      describe: 'Name to prove, if not the alias, e.g. DOMAIN\\alice',
    })
    .option('scheme', {
      choices: ['digest', 'ntlm', 'basic'] as const,
      default: 'digest' as const,
      describe: 'How to prove it; basic only over https',
    })
    .option('ca', { type: 'string', normalize: true, describe: 'PEM file of the certificate authority to trust' })
    .option('password-stdin', {
      type: 'boolean',
      default: false,
      describe: 'Read the password from the first line of standard input (else PARLEY_PASSWORD, or you are asked)',
    })
}

/** The user, with the password. Rejects with ContactsError. */
export async function signInOf(args: SignInArguments & { readonly as: string }): Promise<ServedContactsOptions> {
  const { as, server, user, scheme, ca } = args
  return { as, server, user, scheme, ca, password: await passwordOf(args['password-stdin']) }
}

async function passwordOf(fromStdin: boolean): Promise<string> {
  const given = fromStdin ? await firstLine() : (process.env.PARLEY_PASSWORD ?? (await askPassword()))
  if (given) return given
  throw new ContactsError('no password: type it, or use --password-stdin or PARLEY_PASSWORD')
}

async function firstLine(): Promise<string | undefined> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return undefined
}

async function askPassword(): Promise<string | undefined> {
  return process.stdin.isTTY ? await askSecretly('Password: ', process.stdin, process.stderr) : undefined
}

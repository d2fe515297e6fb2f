import { readFile } from 'node:fs/promises'
import { type AuthenticationScheme, connect } from '@parley/client/node'
import { systemClock } from '@parley/domain'
import { isAuthority, presenceStates } from '@parley/protocol'
import { completionsOf } from '../chat/chat-line.ts'
import { ChatSession } from '../chat/chat-session.ts'
import { askSecretly, ChatTerminal } from '../chat/chat-terminal.ts'
import { signOnProblemText } from '../chat/chat-text.ts'
import type { CommandBody } from '../command-body.ts'

/** Arguments of `parley chat`. */
export interface ChatArguments {
  readonly address: string
  readonly server: string | undefined
  readonly 'password-stdin': boolean
  readonly user: string | undefined
  readonly scheme: AuthenticationScheme
  readonly ca: string | undefined
  readonly contact: string[]
}

/** `parley chat`: a terminal client, for people, administrators and scripts. */
export const chatCommand: CommandBody<ChatArguments> = {
  builder: (yargs) =>
    yargs
      .positional('address', { type: 'string', demandOption: true, describe: 'Who you are, e.g. alice@im.example.com' })
      .option('server', { type: 'string', describe: 'http://HOST:PORT or https://HOST:PORT [default: http://DOMAIN]' })
      .option('user', { type: 'string', describe: 'Name to prove, if not the alias, e.g. DOMAIN\\alice' })
      .option('scheme', {
        choices: ['digest', 'ntlm', 'basic'] as const,
        default: 'digest' as const,
        describe: 'How to prove it; basic only over https',
      })
      .option('password-stdin', {
        type: 'boolean',
        default: false,
        describe: 'Read the password from the first line of standard input (else PARLEY_PASSWORD, or you are asked)',
      })
      .option('ca', { type: 'string', normalize: true, describe: 'PEM file of the certificate authority to trust' })
      .option('contact', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'Watch NAME without adding it to the list; plain lines go to the first; may be repeated',
      })
      .example(
        '$0 chat alice@im.example.com --server http://127.0.0.1:8080',
        'chat in the terminal; /help lists commands',
      )
      .example(
        "printf '%s\\n' \"$PW\" '/msg bob hello' | $0 chat alice@im.example.com --password-stdin",
        'send a message',
      ),
  handler: async (args) => {
    const problem = await chat(args)
    if (problem === undefined) return
    process.stderr.write(`parley: ${problem}\n`)
    process.exitCode = 1
  },
}

/** Runs one chat to its end; resolves with what went wrong, in a sentence. */
async function chat(args: ChatArguments): Promise<string | undefined> {
  const at = args.address.lastIndexOf('@')
  const alias = args.address.slice(0, Math.max(at, 0))
  const domain = args.address.slice(at + 1)
  if (alias === '' || !isAuthority(domain))
    return `not an address: ${args.address}; it should be like alice@im.example.com`
  const server = args.server ?? `http://${domain}`

  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true
  let session: ChatSession | undefined
  const openTerminal = (): ChatTerminal =>
    new ChatTerminal({
      input: process.stdin,
      output: process.stdout,
      interactive,
      complete: (line) => completionsOf(line, session?.names ?? [], presenceStates),
    })

  // With --password-stdin, one reader takes the password and then the commands: a second would miss what the first read ahead.
  const early = args['password-stdin'] ? openTerminal() : undefined
  const password = early ? await early.ask(undefined) : (process.env.PARLEY_PASSWORD ?? (await askPassword()))
  if (password === undefined) {
    early?.close()
    return 'no password: type it, or use --password-stdin or PARLEY_PASSWORD'
  }

  const ca = args.ca === undefined ? undefined : await readFile(args.ca, 'utf8').catch(() => null)
  if (ca === null) {
    early?.close()
    return `cannot read ${args.ca}`
  }

  try {
    const client = await connect({
      server,
      domain,
      alias,
      password,
      device: 'stream',
      ...(args.user !== undefined && { user: args.user }),
      scheme: args.scheme,
      ...(ca !== undefined && { connection: { ca } }),
    })
    const terminal = early ?? openTerminal()
    const onSignal = (): void => terminal.close()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
    let isSignedOut = false
    session = new ChatSession({
      client,
      clock: systemClock,
      show: (text) => terminal.show(text),
      onSignedOut: () => {
        isSignedOut = true
        terminal.close()
      },
    })
    try {
      await session.start(args.contact)
      await converse(session, terminal)
    } finally {
      session.stop()
      terminal.close()
      await client.signOff()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
    }
    // A script learns from the exit code what a person has read.
    if (!interactive && session.hadProblems) process.exitCode = 1
    return isSignedOut ? 'the server ended the session' : undefined
  } catch (error) {
    early?.close()
    const text = signOnProblemText(error, server, args.address)
    if (text === undefined) throw error
    return text
  }
}

async function converse(session: ChatSession, terminal: ChatTerminal): Promise<void> {
  for (;;) {
    const line = await terminal.ask(session.recipientName)
    if (line === undefined || !(await session.take(line))) return
  }
}

async function askPassword(): Promise<string | undefined> {
  if (process.stdin.isTTY !== true) return undefined
  return await askSecretly('Password: ', process.stdin, process.stderr)
}

import { randomUUID } from 'node:crypto'
import { type AuthenticationScheme, connect } from '@parley/client/node'
import { systemClock } from '@parley/domain'
import { isAuthority } from '@parley/protocol'
import type { CommandBody } from '../command-body.ts'
import { ConfigError } from '../load-config.ts'
import { readPemFile, readSecretFile } from '../secret-file.ts'
import { type SelfTestPerson, type SelfTestStep, selfTest } from '../self-test/self-test.ts'

/** Arguments of `parley self-test`. */
interface SelfTestArguments {
  readonly server: string
  readonly user: string
  readonly 'password-file': string
  readonly with: string
  readonly 'with-password-file': string
  readonly scheme: AuthenticationScheme
  readonly ca: string | undefined
  readonly timeout: number
  readonly json: boolean
}

/** `parley self-test`: two users sign in, see each other and talk, as real ones do. */
export const selfTestCommand: CommandBody<SelfTestArguments> = {
  builder: (yargs) =>
    yargs
      .option('server', { type: 'string', demandOption: true, describe: 'http://HOST:PORT or https://HOST:PORT' })
      .option('user', { type: 'string', demandOption: true, describe: 'The first user, e.g. alice@im.example.com' })
      .option('password-file', { type: 'string', demandOption: true, normalize: true, describe: 'Her password' })
      .option('with', { type: 'string', demandOption: true, describe: 'The second user' })
      .option('with-password-file', { type: 'string', demandOption: true, normalize: true, describe: 'His password' })
      .option('scheme', {
        choices: ['digest', 'ntlm', 'basic'] as const,
        default: 'digest' as const,
        describe: 'How they prove it; basic only over https',
      })
      .option('ca', { type: 'string', normalize: true, describe: 'PEM file of the certificate authority to trust' })
      .option('timeout', { type: 'number', default: 10, describe: 'Seconds for each step' })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .example(
        '$0 self-test --server http://127.0.0.1:8080 --user alice@im.example.com --password-file alice.pw --with bob@im.example.com --with-password-file bob.pw',
        'a line for each step; exit code 1 when one failed',
      )
      .epilog('Use accounts that are for this only: other devices of theirs would see what it does.'),
  handler: async (args) => {
    if (!(args.timeout > 0)) throw new ConfigError('--timeout is a number of seconds above 0')
    const steps: SelfTestStep[] = []
    const say = (line: string): void => void process.stdout.write(`${line}\n`)
    const passed = await selfTest({
      server: args.server,
      people: [
        personOf(args, args.user, { option: '--password-file', file: args['password-file'] }),
        personOf(args, args.with, { option: '--with-password-file', file: args['with-password-file'] }),
      ],
      timeoutMs: args.timeout * 1000,
      token: randomUUID,
      clock: systemClock,
      onStep: (step) => {
        steps.push(step)
        if (!args.json) say(lineOf(step))
      },
    })
    if (args.json) say(JSON.stringify({ passed, steps }, undefined, 2))
    if (!passed) process.exitCode = 1
  },
}

function lineOf({ step, seconds, problem }: SelfTestStep): string {
  const verdict = problem === undefined ? 'ok  ' : 'FAIL'
  return `${verdict}  ${seconds.toFixed(3)} s  ${step}${problem === undefined ? '' : `: ${problem}`}`
}

/** Throws ConfigError. */
function personOf(
  { server, scheme, ca }: SelfTestArguments,
  address: string,
  { option, file }: { readonly option: string; readonly file: string },
): SelfTestPerson {
  const at = address.lastIndexOf('@')
  const [alias, domain] = [address.slice(0, Math.max(at, 0)), address.slice(at + 1)]
  if (alias === '' || !isAuthority(domain)) {
    throw new ConfigError(`not an address: ${address}; it should be like alice@im.example.com`)
  }
  const password = readSecretFile(file, option)
  const connection = ca === undefined ? undefined : { ca: readPemFile(ca, '--ca') }
  return {
    address,
    signIn: () =>
      connect({ server, domain, alias, password, scheme, device: 'stream', ...(connection && { connection }) }),
  }
}

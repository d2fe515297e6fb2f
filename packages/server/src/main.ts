#!/usr/bin/env node
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { commands } from './command-list.ts'
import { parleyVersion } from './version.ts'

const cli = yargs(hideBin(process.argv))
  .scriptName('parley')
  .usage('$0 <command>\n\nInstant messaging and presence for an organisation of many sites, over RVP.')
  .command(commands)
  .completion('completion', 'Print a completion script for your shell')
  .epilog('"parley COMMAND --help" tells more of each.')
  .demandCommand(1, 'Name a command; "parley --help" lists them.')
  .strict()
  .help()
  // yargs' own --version would be listed with the options of every command.
  .version(false)
  .options({ version: { type: 'boolean', global: false, description: 'Print the version' } })
  .wrap(Math.min(120, process.stdout.columns ?? 100))
  .fail((message, err, instance) => {
    if (message) {
      process.stderr.write(`parley: ${message}\n\n${instance.help()}\n`)
      process.exit(2)
    }
    throw err
  })

try {
  if (process.argv[2] === '--version') process.stdout.write(`${parleyVersion()}\n`)
  else await cli.parseAsync()
} catch (err) {
  const { isExpectedFailure } = await import('./expected-failure.ts')
  // What the user can mend is told in a sentence; a bug of ours shows its stack.
  process.stderr.write(
    isExpectedFailure(err)
      ? `parley: ${err.message}\n`
      : `parley: unexpected failure\n${String(err instanceof Error ? err.stack : err)}\n`,
  )
  process.exitCode = 1
}

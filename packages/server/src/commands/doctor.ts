import { printableLine } from '../chat/printable.ts'
import type { CommandBody } from '../command-body.ts'
import { diagnoseFile } from '../doctor/diagnose-file.ts'
import { type DnsLookup, openDnsLookup } from '../doctor/dns-lookup.ts'
import type { Finding } from '../doctor/finding.ts'
import { ConfigError, type ServeFlags } from '../load-config.ts'
import { serveOptions } from '../serve-options.ts'

interface DoctorArguments extends ServeFlags {
  readonly dns: string | undefined
  readonly json: boolean
}

/** `parley doctor`: checks a configuration against reality, and says what to mend. Exit code 1 when something fails. */
export const doctorCommand: CommandBody<DoctorArguments> = {
  builder: (yargs) =>
    serveOptions(yargs)
      .option('dns', { type: 'string', requiresArg: true, describe: 'ADDRESS:PORT of the DNS server to ask' })
      .option('json', { type: 'boolean', default: false, describe: 'As a JSON array' })
      .example('$0 doctor --config /etc/parley.yaml', 'also while the server runs')
      .example('$0 doctor --config /etc/parley/cluster.yaml', 'on each machine of a cluster')
      .epilog('Run it as the user that the server runs as. Nothing is changed.'),
  handler: async (args) => {
    const findings = await diagnoseFile(args, lookupAt(args.dns))
    process.stdout.write(args.json ? `${JSON.stringify(findings, undefined, 2)}\n` : findings.map(lineOf).join(''))
    if (findings.some(({ level }) => level === 'fail')) process.exitCode = 1
  },
}

function lineOf({ level, what, todo }: Finding): string {
  const label = level === 'fail' ? 'FAIL' : level.padEnd(4)
  return `${label}  ${printableLine(todo === undefined ? what : `${what} — ${todo}`)}\n`
}

function lookupAt(server: string | undefined): DnsLookup {
  try {
    return openDnsLookup(server)
  } catch (cause) {
    throw new ConfigError(`--dns needs ADDRESS:PORT, for instance 127.0.0.1:53, not ${server}`, { cause })
  }
}

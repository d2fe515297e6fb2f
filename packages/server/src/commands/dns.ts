import type { CommandModule } from 'yargs'
import type { CommandBody } from '../command-body.ts'
import { expectedRecords } from '../dns/expected-records.ts'
import { dnsmasqLine, zoneLine } from '../dns/record-text.ts'
import { parseMailDomain, parseRouterHost } from '../dns/router-host.ts'
import { domainOptions } from '../domain-options.ts'
import { ConfigError } from '../load-config.ts'
import { type DomainFlags, loadDomains } from '../load-domains.ts'

interface ZoneArguments extends DomainFlags {
  readonly router: string[]
  readonly 'mail-domain': string[]
  readonly port: number
  readonly ttl: number
  readonly format: 'zone' | 'dnsmasq'
}

const zoneCommand: CommandModule<object, ZoneArguments> = {
  command: 'zone',
  describe: 'Print the SRV and address records by which clients find the IM domains',
  builder: (yargs) =>
    domainOptions(yargs)
      .option('router', {
        type: 'string',
        array: true,
        nargs: 1,
        demandOption: true,
        describe:
          'NAME=ADDRESS[,ADDRESS…][@PRIORITY[:WEIGHT]] of a machine that takes clients’ requests; may be repeated',
      })
      .option('mail-domain', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'MAIL-DOMAIN[=IM-DOMAIN]: its users type their mail addresses into clients; may be repeated',
      })
      .option('port', {
        type: 'number',
        default: 80,
        describe: 'Port of the records; Miranda and Net::RVP know only 80',
      })
      .option('ttl', { type: 'number', default: 300, describe: 'How long others may keep the records, in seconds' })
      .option('format', {
        choices: ['zone', 'dnsmasq'] as const,
        default: 'zone' as const,
        describe: 'zone: for BIND, NSD, Knot, Windows; dnsmasq: lines of its configuration',
      })
      .check(({ port, ttl }) => {
        if (!(Number.isInteger(port) && port > 0 && port < 65_536)) return 'Invalid --port: 1 to 65535.'
        return (Number.isInteger(ttl) && ttl >= 0 && ttl <= 604_800) || 'Invalid --ttl: 0 to 604800 seconds.'
      })
      .example(
        '$0 dns zone --config cluster.yaml --router im1.example.com=192.0.2.1 --router im2.example.com=192.0.2.2',
        'two routers that share the name of the IM domain',
      )
      .example(
        '$0 dns zone --domain im.example.com --router im.example.com=192.0.2.1 --mail-domain example.com',
        'so that alice@example.com finds im.example.com',
      )
      .epilog(
        'Names are absolute: include the lines in the zone that the names are in. "parley doctor" checks what is published.',
      ),
  handler: (args) => {
    const { domains } = loadDomains(args)
    const routers = args.router.map(parseRouterHost)
    const mailDomains = args['mail-domain'].map((text) => parseMailDomain(text, domains))
    const records = expectedRecords({ domains, routers, mailDomains, port: args.port })
    if (records.length === 0) throw new ConfigError('none of the IM domains is a name for the DNS')
    const lineOf = args.format === 'zone' ? zoneLine : dnsmasqLine
    process.stdout.write(records.map((record) => lineOf(record, args.ttl)).join(''))
  },
}

/** `parley dns`: what the domain name system is to say. */
export const dnsCommand: CommandBody = {
  builder: (yargs) => yargs.command(zoneCommand).demandCommand(1, 'Say zone; "parley dns zone --help" tells more.'),
  handler: () => undefined,
}

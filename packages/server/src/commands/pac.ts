import { z } from 'zod'
import type { CommandBody } from '../command-body.ts'
import { domainOptions } from '../domain-options.ts'
import { checkedConfig } from '../load-config.ts'
import { type DomainFlags, loadDomains } from '../load-domains.ts'
import { directName, proxyAddress } from '../pac-config.ts'
import { pacScript } from '../pac-script.ts'

interface PacArguments extends DomainFlags {
  readonly proxy: string[] | undefined
  readonly direct: string[] | undefined
}

const pacFlags = z.object({ proxy: z.array(proxyAddress).optional(), direct: z.array(directName).optional() })

/** `parley pac`: prints a proxy auto-configuration that keeps IM traffic off the web proxy. */
export const pacCommand: CommandBody<PacArguments> = {
  builder: (yargs) =>
    domainOptions(yargs)
      .option('proxy', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'HOST:PORT of the web proxy for everything else; may be repeated [default: as "pac" says, else none]',
      })
      .option('direct', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Another host to reach directly, or .example.com for all below it; may be repeated',
      })
      .example('$0 pac --config cluster.yaml --proxy proxy.example.com:3128 > wpad.dat', 'for a web server of yours')
      .example('$0 pac --domain im.example.com', 'only what concerns IM')
      .epilog('With "pac" in the configuration, the client listeners serve it as /wpad.dat and /proxy.pac.'),
  handler: (args) => {
    const { domains, pac } = loadDomains(args)
    const { proxy, direct = [] } = checkedConfig(pacFlags, args, 'the command line')
    const plan = { domains, direct: [...(pac?.direct ?? []), ...direct], proxies: proxy ?? pac?.proxies ?? [] }
    process.stdout.write(pacScript(plan))
  },
}

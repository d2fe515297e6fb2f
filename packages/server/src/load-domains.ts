import { z } from 'zod'
import { commonSections, sections } from './config-sections.ts'
import { ConfigError, checkedConfig, readConfigFile } from './load-config.ts'

/** What says which IM domains there are: a configuration of either kind, or the command line. */
export interface DomainFlags {
  readonly config?: string | undefined
  readonly domain?: readonly string[] | undefined
  readonly alias?: readonly string[] | undefined
}

/** The rest is for the processes that serve. */
const namesOnly = z.object({ domains: sections.domains, pac: commonSections.pac })

/** The IM domains of a configuration, for what is printed for other machines. Throws ConfigError with all mistakes. */
export function loadDomains({ config, domain, alias }: DomainFlags): z.output<typeof namesOnly> {
  if (config === undefined && domain === undefined)
    throw new ConfigError('say --config FILE, or --domain im.example.com')
  if (alias && !domain) throw new ConfigError('--alias belongs to --domain: give both')
  return checkedConfig(
    namesOnly,
    {
      ...(config !== undefined && readConfigFile(config)),
      ...(domain && { domains: domain.map((name) => ({ name, aliases: alias ?? [] })) }),
    },
    config ?? 'the command line',
  )
}

import type { ClusterConfig } from '../cluster-config.ts'
import type { ServeConfig } from '../config.ts'
import type { SharedConfig } from '../config-sections.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError, loadServeConfig, readConfigFile, type ServeFlags } from '../load-config.ts'
import { type Finding, fail, ok } from './finding.ts'

/** A configuration, unless it has mistakes; then a finding for each. */
export interface CheckedConfig<Config> {
  readonly config: Config | undefined
  readonly findings: readonly Finding[]
}

/** The configuration of `parley serve`. */
export function checkConfig(flags: ServeFlags): CheckedConfig<ServeConfig> {
  return checked(flags, () => loadServeConfig(flags))
}

/** The configuration of a cluster. */
export function checkClusterConfig(flags: ClusterFlags): CheckedConfig<ClusterConfig> {
  return checked(flags, () => loadClusterConfig(flags))
}

/** Whether a file configures a cluster, going by the sections that only a cluster has. */
export function isClusterFile(path: string | undefined): boolean {
  if (path === undefined) return false
  try {
    const file = readConfigFile(path)
    return ['cluster', 'redis', 'nats'].some((section) => section in file)
  } catch (error) {
    if (error instanceof ConfigError || error instanceof TypeError) return false
    throw error
  }
}

function checked<Config extends SharedConfig>(
  flags: { readonly config?: string | undefined },
  load: () => Config,
): CheckedConfig<Config> {
  const where = flags.config ?? 'the command line'
  try {
    const config = load()
    const unknown = unknownDomains(config)
    return { config, findings: unknown.length > 0 ? unknown : [ok(`the configuration in ${where} is well-formed`)] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, findings: mistakesIn(error.message, where) }
  }
}

/** `z.prettifyError` gives two lines a mistake: `✖ what`, `→ at where`. */
function mistakesIn(message: string, where: string): Finding[] {
  const [, ...mistakes] = message.split(/^✖ /m)
  if (mistakes.length === 0) return [fail(message.replace(/\s*\n\s*/g, '; '), `mend ${where}`)]
  return mistakes.map((mistake) => {
    const [what = '', setting] = mistake.trim().split(/\s*→ at /)
    return fail(setting === undefined ? what : `${setting}: ${what}`, `mend ${setting ?? 'this'} in ${where}`)
  })
}

function unknownDomains({ domains, listen }: Pick<SharedConfig, 'domains' | 'listen'>): Finding[] {
  const names = new Set(domains.map(({ name }) => name))
  return listen.flatMap(({ at, domains: served = [] }, index) =>
    served
      .filter((name) => !names.has(name))
      .map((name) =>
        fail(
          `${at} is to serve ${name}, which is no domain here`,
          `add it to domains, or take it out of listen[${index}].domains`,
        ),
      ),
  )
}

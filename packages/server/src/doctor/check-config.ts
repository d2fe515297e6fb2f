import type { ServeConfig } from '../config.ts'
import { ConfigError, loadServeConfig, type ServeFlags } from '../load-config.ts'
import { type Finding, fail, ok } from './finding.ts'

/** The configuration, unless it has mistakes; then a finding for each. */
export function checkConfig(flags: ServeFlags): { config: ServeConfig | undefined; findings: readonly Finding[] } {
  const where = flags.config ?? 'the command line'
  try {
    const config = loadServeConfig(flags)
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

function unknownDomains({ domains, listen }: ServeConfig): Finding[] {
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

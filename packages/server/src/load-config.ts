import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { type ServeConfig, type ServeConfigInput, serveConfig } from './config.ts'

/** The configuration is wrong; the message names every mistake and is meant for the administrator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** What the command line says; it wins over the file. */
export interface ServeFlags {
  readonly config?: string | undefined
  readonly domain?: readonly string[] | undefined
  readonly alias?: readonly string[] | undefined
  readonly listen?: readonly string[] | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly data?: string | undefined
  readonly users?: string | undefined
  readonly admin?: string | undefined
  readonly logLevel?: string | undefined
  readonly insecureNtlmv1?: boolean | undefined
  readonly insecureLoopbackCallbacks?: boolean | undefined
  readonly insecurePlainHttp?: boolean | undefined
}

/** Joins file and flags and checks them once. Throws ConfigError with all mistakes. */
export function loadServeConfig(flags: ServeFlags): ServeConfig {
  const file: Partial<ServeConfigInput> = flags.config === undefined ? {} : readConfigFile(flags.config)
  const where = flags.config === undefined ? 'the command line' : `${flags.config} and the command line`
  return checkedConfig(serveConfig, withFlags(file, flags), where)
}

/** What `schema` makes of a configuration. Throws ConfigError with all mistakes. */
export function checkedConfig<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new ConfigError(`the configuration in ${where} is wrong:\n${z.prettifyError(result.error)}`)
}

/** A configuration file as it is, unchecked. Throws ConfigError. */
export function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (err) {
    throw new ConfigError(`cannot read the configuration ${path}: ${err instanceof Error ? err.message : 'unknown'}`, {
      cause: err,
    })
  }
  try {
    return (parse(text) ?? {}) as Record<string, unknown>
  } catch (err) {
    throw new ConfigError(`${path} is not YAML: ${err instanceof Error ? err.message : 'unknown'}`, { cause: err })
  }
}

function withFlags(file: Partial<ServeConfigInput>, flags: ServeFlags): Record<string, unknown> {
  const { domain, data, users, admin } = flags
  return {
    ...file,
    ...given(
      'domains',
      domain?.map((name) => ({ name, ...given('aliases', flags.alias) })),
    ),
    ...given('listen', listenFlags(flags)),
    ...given('data', data),
    ...given('users', users),
    ...given('admin', admin),
    ...given('log', flags.logLevel && { ...file.log, level: flags.logLevel }),
    ...given('insecurePlainHttp', flags.insecurePlainHttp),
    ...given('auth', within(file.auth, 'insecureNtlmv1', flags.insecureNtlmv1)),
    ...given('callBacks', within(file.callBacks, 'insecureLoopback', flags.insecureLoopbackCallbacks)),
  }
}

/** Listeners as the flags have them; a flag that would do nothing is a mistake. Throws ConfigError. */
function listenFlags({ listen, tlsCert, tlsKey, alias, domain }: ServeFlags): unknown {
  if (alias && !domain)
    throw new ConfigError('--alias belongs to --domain: give both, or "domains" in the configuration file')
  if (tlsCert === undefined && tlsKey === undefined) return listen?.map((at) => ({ at }))
  if (!listen) throw new ConfigError('--tls-cert and --tls-key belong to --listen: give it, too')
  return listen.map((at) => ({ at, tls: { cert: tlsCert, key: tlsKey } }))
}

function within(section: object | undefined, key: string, flag: boolean | undefined): unknown {
  return flag === undefined ? undefined : { ...section, [key]: flag }
}

function given(key: string, value: unknown): Record<string, unknown> {
  return value === undefined || value === '' ? {} : { [key]: value }
}

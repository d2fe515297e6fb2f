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
  const file = flags.config === undefined ? {} : readConfigFile(flags.config)
  const result = serveConfig.safeParse(withFlags(file, flags))
  if (result.success) return result.data
  const where = flags.config === undefined ? 'the command line' : `${flags.config} and the command line`
  throw new ConfigError(`the configuration in ${where} is wrong:\n${z.prettifyError(result.error)}`)
}

function readConfigFile(path: string): Partial<ServeConfigInput> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (err) {
    throw new ConfigError(`cannot read the configuration ${path}: ${err instanceof Error ? err.message : 'unknown'}`, {
      cause: err,
    })
  }
  try {
    return (parse(text) ?? {}) as Partial<ServeConfigInput>
  } catch (err) {
    throw new ConfigError(`${path} is not YAML: ${err instanceof Error ? err.message : 'unknown'}`, { cause: err })
  }
}

function withFlags(file: Partial<ServeConfigInput>, flags: ServeFlags): Record<string, unknown> {
  const tls =
    flags.tlsCert === undefined && flags.tlsKey === undefined ? {} : { tls: { cert: flags.tlsCert, key: flags.tlsKey } }
  const aliases = flags.alias ? { aliases: flags.alias } : {}
  return {
    ...file,
    ...(flags.domain && { domains: flags.domain.map((name) => ({ name, ...aliases })) }),
    ...(flags.listen && { listen: flags.listen.map((at) => ({ at, ...tls })) }),
    ...(flags.data !== undefined && { data: flags.data }),
    ...(flags.users !== undefined && { users: flags.users }),
    ...(flags.admin !== undefined && { admin: flags.admin }),
    ...(flags.logLevel !== undefined && { log: { ...file.log, level: flags.logLevel } }),
    ...(flags.insecurePlainHttp && { insecurePlainHttp: true }),
    ...(flags.insecureNtlmv1 && { auth: { ...file.auth, insecureNtlmv1: true } }),
    ...(flags.insecureLoopbackCallbacks && { callBacks: { ...file.callBacks, insecureLoopback: true } }),
  }
}

import type { ConnectionOptions } from 'node:tls'
import { LdapSetupError } from './ldap-fault.ts'

/** Certificates, as PEM text. */
export interface LdapTls {
  /** The authorities that are trusted; the system's when absent. */
  readonly ca?: string
  /** Ours, where the directory asks for one. */
  readonly cert?: string
  readonly key?: string
}

/** How servers of a directory are reached. */
export interface LdapServerOptions {
  /** `ldaps://HOST[:PORT]` or `ldap://HOST[:PORT]`, the one to prefer first. */
  readonly servers: readonly string[]
  /** Whether StartTLS encrypts what goes to ldap:// servers; so by default. */
  readonly startTls?: boolean
  /** Whether ldap:// without StartTLS is allowed. */
  readonly insecureClearText?: boolean
  readonly tls?: LdapTls
  /** Who reads; anonymous when absent. */
  readonly bind?: { readonly dn: string; readonly password: string }
  /** How long one answer may take; 30 s by default. */
  readonly timeoutMs?: number
}

/** How one server is connected to. */
export interface LdapServer {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'start-tls' | 'clear'
  readonly tls: ConnectionOptions
  readonly timeoutMs: number
  /** How long it may take until requests can be sent. */
  readonly connectMs: number
}

/** NOTE: whoever signs in waits for it, when a server is silent and another one is not. */
const connectBesideOthersMs = 5_000

/** Reads the servers. Throws LdapSetupError for a URL that is none, and for clear text that is not allowed by name. */
export function ldapServers(options: LdapServerOptions): readonly LdapServer[] {
  if (options.servers.length === 0) throw new LdapSetupError('no server of the directory is named: fill "servers"')
  return options.servers.map((url) => ldapServer(url, options))
}

function ldapServer(url: string, options: LdapServerOptions): LdapServer {
  const { startTls = true, insecureClearText = false, tls = {}, timeoutMs = 30_000 } = options
  const parsed = /^ldaps?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || parsed.hostname === '')
    throw new LdapSetupError(`"servers": ${JSON.stringify(url.slice(0, 200))} is not ldaps://HOST[:PORT]`)
  const isTls = parsed.protocol === 'ldaps:'
  const security = isTls ? 'tls' : startTls ? 'start-tls' : 'clear'
  if (security === 'clear' && !insecureClearText)
    throw new LdapSetupError(
      `"servers": ${url} would be used in clear text: write ldaps://, leave "startTls" on, or allow it by "insecureClearText"`,
    )
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = parsed.port === '' ? (isTls ? 636 : 389) : Number(parsed.port)
  const connectMs = options.servers.length > 1 ? Math.min(timeoutMs, connectBesideOthersMs) : timeoutMs
  const strict = { ...tls, minVersion: 'TLSv1.2', rejectUnauthorized: true } as const
  return { url, host, port, security, tls: strict, timeoutMs, connectMs }
}

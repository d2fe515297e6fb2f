import { errors } from '@nats-io/transport-node'
import type { NatsConfig } from './config.ts'

const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_|ISSUER/
const unreachable = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])
const maxQuoted = 160

/** Says what is wrong with a connection and what to change, for whoever reads the log. Holds no secret. */
export function problemText(server: string, error: unknown, config: NatsConfig): string {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    return `${server} refuses us (${quoted(error)}): check ${credentialsOf(config)}, and the users in the server's configuration`
  }
  if (error instanceof errors.PermissionViolationError) {
    return `${server} forbids what a home does: give its NATS user the permissions of the role "home"`
  }
  const code = codeOf(error)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of ${server} is for another host: change servers to a name that it holds`
  }
  // NOTE: whether a server that does not trust our certificate is heard saying so depends on who is faster.
  if (config.tls?.cert !== undefined && (/^ERR_SSL.*ALERT/.test(code) || code === 'ECONNRESET')) {
    return `${server} refuses our TLS certificate (${code}): check tls.cert, and what the server trusts`
  }
  if (untrusted.test(code)) return `the certificate of ${server} is not trusted (${code}): check tls.ca`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `the name of ${server} cannot be resolved (${code}): check servers and DNS`
  }
  if (unreachable.has(code)) return `${server} cannot be reached (${code}): check servers, and that it runs`
  if (isTimeout(error)) return `${server} does not answer in time: check servers, and that it runs`
  if (/does not support 'tls'/.test(quoted(error))) {
    return `${server} offers no TLS: give it a certificate, or use nats:// and no tls`
  }
  return `${server} cannot be used: ${code || quoted(error)}`
}

/** What an error says, safe for a log line: it may repeat what a server sent. */
export function quoted(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxQuoted)
}

function credentialsOf({ user, token, nkey, creds }: NatsConfig): string {
  if (user !== undefined) return 'user and password'
  if (token !== undefined) return 'token'
  if (nkey !== undefined) return 'nkey'
  if (creds !== undefined) return 'creds'
  return 'the credentials, of which none are given'
}

function isTimeout(error: unknown): boolean {
  return [...causesOf(error)].some(({ name }) => name === 'TimeoutError')
}

/** The code of an error or of what caused it; empty when there is none. */
function codeOf(error: unknown): string {
  for (const each of causesOf(error)) {
    if ('code' in each && typeof each.code === 'string' && each.code !== 'ABORT_ERR') return each.code
  }
  return ''
}

function* causesOf(error: unknown): Iterable<Error> {
  for (let each = error; each instanceof Error; each = each.cause) yield each
}

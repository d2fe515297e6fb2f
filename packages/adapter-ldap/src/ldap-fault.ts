import { UnavailableError } from '@parley/protocol'
import { BerError } from './ber-cursor.ts'

/** The configuration cannot be used with this directory, or with any: the message says what to change. */
export class LdapSetupError extends Error {
  override readonly name = 'LdapSetupError'
}

/** A directory's answer other than success (RFC 4511 §4.1.9). */
export class LdapResultError extends Error {
  override readonly name = 'LdapResultError'
  readonly code: number

  constructor(code: number, diagnostic: string, what: string) {
    super(`${what}: ${meaningOf(code)}${code === 49 ? '' : harmless(diagnostic)}`)
    this.code = code
  }
}

export const resultCode = {
  success: 0,
  protocolError: 2,
  sizeLimitExceeded: 4,
  referral: 10,
  confidentialityRequired: 13,
  noSuchObject: 32,
  invalidCredentials: 49,
  unavailableCriticalExtension: 12,
  unwillingToPerform: 53,
  syncRefreshRequired: 4096,
} as const

const meanings: ReadonlyMap<number, string> = new Map([
  [1, 'the directory could not do it now (operationsError)'],
  [2, 'the directory does not understand it (protocolError)'],
  [
    3,
    'it took the directory longer than its time limit: raise the limit for our account, or index what the filter asks for',
  ],
  [
    4,
    'the directory ends searches after a number of entries (sizeLimitExceeded): raise the limit for our account, or lower "pageSize"',
  ],
  [7, 'the directory allows no simple bind'],
  [8, 'the directory wants an encrypted or signed connection (strongerAuthRequired): use ldaps:// or StartTLS'],
  [10, 'this part of the tree is on another server (referral): name that server in "servers", or another "base"'],
  [11, 'it is more than the directory allows (adminLimitExceeded): raise its limits for our account'],
  [12, 'the directory does not have an extension that this needs'],
  [13, 'the directory wants an encrypted connection: use ldaps:// or StartTLS'],
  [17, 'the directory does not know an attribute'],
  [19, 'the directory does not allow it (constraintViolation)'],
  [21, 'a value is not of the attribute’s form'],
  [32, 'there is no such entry: check "base"'],
  [34, 'that is not a distinguished name: check "base" and "bind.dn"'],
  [48, 'the account has no password, or may not sign in so'],
  [49, 'the directory refuses the name or the password'],
  [50, 'our account may not do this'],
  [51, 'the directory is busy'],
  [52, 'the directory is going down or not ready'],
  [53, 'the directory is unwilling to do it'],
  [4096, 'the directory cannot go on from where we were'],
])

function meaningOf(code: number): string {
  return meanings.get(code) ?? `the directory answers with code ${code}`
}

/** What a directory says of an error, short and on one line. */
function harmless(diagnostic: string): string {
  const text = diagnostic
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200)
  return text === '' ? '' : ` (${text})`
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

/** What is wrong with a connection, for a person; `error` is the system's or OpenSSL's. */
export function connectionFault(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const name = typeof code === 'string' ? code : ''
  const text = typeof message === 'string' ? message.slice(0, 200) : 'for no known reason'
  if (name === 'CERT_HAS_EXPIRED') return 'its certificate has expired: renew it on the directory server'
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'its certificate is for another name: use the name that it was made for in "servers"'
  if (certificateCodes.test(name)) return `its certificate is not trusted (${name}): check "tls.ca"`
  if (/ERR_SSL/.test(name))
    return `it does not speak TLS there, or no version that we do (${name}): check the port and ldaps://`
  if (name === 'ECONNRESET') return 'it has closed the connection: check the port, and whether it speaks TLS there'
  return name === '' ? text : `it does not answer (${name})`
}

/** What callers of the ports get: `detail` says what is wrong and what to change. */
export function directoryUnavailable(detail: string, cause?: unknown): UnavailableError {
  return new UnavailableError('the directory cannot be used now', { detail, cause })
}

/** Runs work on a directory; errors come out as UnavailableError. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translate(error)
  }
}

/** The error that a caller of a port gets in place of ours. */
export function translate(error: unknown): unknown {
  const isOurs = error instanceof LdapResultError || error instanceof LdapSetupError || error instanceof BerError
  return isOurs ? directoryUnavailable(error.message, error) : error
}

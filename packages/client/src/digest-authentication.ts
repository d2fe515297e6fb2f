import { createHash } from 'node:crypto'
import type {
  Authentication,
  AuthenticationAttempt,
  AuthenticationTarget,
  Challenge,
  Credentials,
} from './authentication.ts'
import type { ClientRandom } from './client-random.ts'

/** What a Digest answer is computed from (RFC 2617 §3.2.2). */
export interface DigestInput extends Credentials {
  readonly realm: string
  readonly nonce: string
  readonly method: string
  readonly uri: string
  /** Absent when the challenge offered no qop: the form of RFC 2069. */
  readonly qop?: { readonly nonceCount: string; readonly cnonce: string }
}

interface ServerNonce {
  readonly realm: string
  readonly nonce: string
  readonly qop: boolean
  readonly opaque: string | undefined
  used: number
}

/** The `response` of a Digest answer: MD5, and qop `auth` or none (RFC 2617 §3.2.2.1; RVP §6.2). */
export function digestResponse(input: DigestInput): string {
  const ha1 = md5(`${input.user}:${input.realm}:${input.password}`)
  const ha2 = md5(`${input.method}:${input.uri}`)
  const middle = input.qop ? `${input.nonce}:${input.qop.nonceCount}:${input.qop.cnonce}:auth` : input.nonce
  return md5(`${ha1}:${middle}:${ha2}`)
}

/** HTTP Digest (RVP §6.2): keeps each server's nonce for later requests and counts its uses. */
export class DigestAuthentication implements Authentication {
  readonly perConnection = false
  readonly #credentials: Credentials
  readonly #random: ClientRandom
  readonly #nonces = new Map<string, ServerNonce>()

  constructor(credentials: Credentials, random: ClientRandom) {
    // NOTE: servers hash the name exactly as it stands between the quotes (client-facts §5, 37), so it cannot be escaped.
    if (!/^[\x20\x21\x23-\x7e]+$/.test(credentials.user)) throw new RangeError('user name cannot be sent in a header')
    this.#credentials = credentials
    this.#random = random
  }

  attempt(target: AuthenticationTarget): AuthenticationAttempt {
    let tried: ServerNonce | undefined
    let fresh = false
    return {
      first: () => {
        tried = this.#nonces.get(target.origin)
        return tried && this.#authorization(tried, target)
      },
      next: async (challenges) => {
        const challenge = challenges.find(isUsable)
        const nonce = challenge?.parameters.get('nonce')
        // A refusal of an answer made for this very request's nonce is final, unless the server says it is only too old.
        if (!challenge || !nonce || (fresh && challenge.parameters.get('stale')?.toLowerCase() !== 'true'))
          return undefined
        if (tried?.nonce === nonce) return undefined
        fresh = true
        tried = {
          realm: challenge.parameters.get('realm') ?? '',
          nonce,
          qop: challenge.parameters.has('qop'),
          opaque: challenge.parameters.get('opaque'),
          used: 0,
        }
        this.#nonces.set(target.origin, tried)
        return this.#authorization(tried, target)
      },
    }
  }

  #authorization(nonce: ServerNonce, { method, uri }: AuthenticationTarget): string {
    nonce.used += 1
    const nonceCount = nonce.used.toString(16).padStart(8, '0')
    const cnonce = this.#random.guid().replaceAll('-', '')
    const qop = nonce.qop ? { nonceCount, cnonce } : undefined
    const response = digestResponse({
      ...this.#credentials,
      realm: nonce.realm,
      nonce: nonce.nonce,
      method,
      uri,
      ...(qop && { qop }),
    })
    const fields = [
      `username="${this.#credentials.user}"`,
      `realm="${nonce.realm}"`,
      ...(qop ? ['qop=auth'] : []),
      'algorithm=MD5',
      `uri="${uri}"`,
      `nonce="${nonce.nonce}"`,
      ...(qop ? [`nc=${nonceCount}`, `cnonce="${cnonce}"`] : []),
      ...(nonce.opaque === undefined ? [] : [`opaque="${nonce.opaque}"`]),
      `response="${response}"`,
    ]
    return `Digest ${fields.join(', ')}`
  }
}

function isUsable({ scheme, parameters }: Challenge): boolean {
  if (scheme !== 'digest') return false
  // A value that needs escaping would be hashed differently on the two sides.
  if (['realm', 'nonce', 'opaque'].some((name) => /["\\]/.test(parameters.get(name) ?? ''))) return false
  const qops = parameters
    .get('qop')
    ?.split(',')
    .map((qop) => qop.trim().toLowerCase())
  return (parameters.get('algorithm') ?? 'MD5').toUpperCase() === 'MD5' && (!qops || qops.includes('auth'))
}

function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex')
}

import type { AuthRequest, Clock, CredentialSource, Ids } from '@parley/domain'
import type { Claim } from './claim.ts'
import { type DigestAnswer, digestResponse, parseDigestAnswer } from './digest-answer.ts'
import { NonceUses } from './nonce-uses.ts'
import { type Nonce, type NonceKeys, Nonces } from './nonces.ts'

/** The nonce that a connection used or was given last: it need not be checked again. */
export interface DigestMemory {
  nonce: Nonce | undefined
}

/** Digest with MD5 and qop auth (RFC 2617), or without qop (RFC 2069), as real clients have it (client-facts §5, 36). */
export class DigestScheme {
  readonly #credentials: CredentialSource
  readonly #nonces: Nonces
  readonly #uses: NonceUses

  constructor(credentials: CredentialSource, clock: Clock, ids: Ids, nonceKeys: NonceKeys) {
    this.#credentials = credentials
    this.#nonces = new Nonces(clock, ids, nonceKeys)
    this.#uses = new NonceUses(clock)
  }

  /**
   * The value of a WWW-Authenticate header. `stale` comes last: librvp glues the next header's text to the last parameter, and
   * ignores this one (client-facts §5, 34).
   */
  challenge(memory: DigestMemory, stale: boolean): string {
    memory.nonce = this.#nonces.issue()
    const { realm } = this.#credentials
    return `Digest realm="${realm}", nonce="${memory.nonce.text}", qop="auth", algorithm=MD5, stale=${stale}`
  }

  /** The claim in an answer; `stale` when its nonce is too old or not ours; undefined when it does not answer our challenge. */
  claim(text: string, request: AuthRequest, memory: DigestMemory): Claim | 'stale' | undefined {
    const answer = parseDigestAnswer(text)
    if (!answer || answer.realm !== this.#credentials.realm || !covers(answer.uri, request.target)) return undefined
    const nonce = memory.nonce?.text === answer.nonce ? memory.nonce : this.#nonces.read(answer.nonce)
    if (!nonce || !this.#uses.isFresh(nonce)) return 'stale'
    memory.nonce = nonce
    return this.#claim(answer, nonce, request)
  }

  #claim(answer: DigestAnswer, nonce: Nonce, { domain, method }: AuthRequest): Claim {
    const { username, realm, response } = answer
    const expectedResponse = (ha1: string) => digestResponse(ha1, answer, method)
    return {
      scheme: 'digest',
      username,
      check: () => this.#credentials.verifyDigest({ domain, username, realm, response, expectedResponse }),
      admit: () => this.#uses.admit(nonce, answer.qop ? Number.parseInt(answer.qop.nc, 16) : 1, response),
    }
  }
}

/** Whether the answer was made for the request's target; a proxy may have changed its form (client-facts §5, 38). */
function covers(uri: string, target: string): boolean {
  return uri === target || originForm(uri) === originForm(target)
}

function originForm(target: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)
  if (!authority) return target
  const path = target.slice(authority[0].length)
  return path.startsWith('/') ? path : `/${path}`
}

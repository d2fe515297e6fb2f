import { createHash } from 'node:crypto'
import type { AuthRequest, CredentialSource, Ids } from '@parley/domain'
import type { Claim } from './claim.ts'
import { ntlmChallenge, parseNtlmMessage } from './ntlm-message.ts'

/** The half-finished handshake of a connection. */
export interface NtlmMemory {
  /** What the next type 3 must answer; one answer only. */
  serverChallenge: Uint8Array | undefined
}

/**
 * NTLM over HTTP, under its own name or under `Negotiate`, there also within SPNEGO (client-facts §5, 35 and 39). It proves who opened
 * the connection, so it must be off behind a proxy that shares connections between clients.
 */
export class NtlmScheme {
  readonly #credentials: CredentialSource
  readonly #ids: Ids
  readonly #allowNtlmv1: boolean

  constructor(credentials: CredentialSource, ids: Ids, allowNtlmv1: boolean) {
    this.#credentials = credentials
    this.#ids = ids
    this.#allowNtlmv1 = allowNtlmv1
  }

  /** A type 1 gives the message to challenge with, a type 3 the claim; undefined for anything else. */
  next(
    scheme: 'ntlm' | 'negotiate',
    bytes: Uint8Array,
    request: AuthRequest,
    memory: NtlmMemory,
  ): Claim | { readonly challenge: Uint8Array } | undefined {
    const { serverChallenge } = memory
    memory.serverChallenge = undefined
    const message = parseNtlmMessage(bytes)
    if (message?.type === 1) {
      memory.serverChallenge = this.#serverChallenge()
      // NOTE: librvp and Authen::NTLM answer with NTLMv1, and do not ask for NTLM2-session (client-facts §1.10, §2.2).
      const sessionSecurity = message.sessionSecurity || !this.#allowNtlmv1
      const target = { domain: request.domain, ntDomain: this.#credentials.ntDomain }
      const { sealing } = message
      return { challenge: ntlmChallenge(memory.serverChallenge, target, { sessionSecurity, sealing }) }
    }
    if (!message || !serverChallenge || message.username === '') return undefined
    const { type: _, ...answer } = message
    const { domain, remoteAddress: address } = request
    const attempt = { ...answer, domain, address, serverChallenge, allowNtlmv1: this.#allowNtlmv1 }
    return { scheme, username: message.username, check: () => this.#credentials.verifyNtlm(attempt) }
  }

  #serverChallenge(): Uint8Array {
    return createHash('sha256').update(this.#ids.token()).digest().subarray(0, 8)
  }
}

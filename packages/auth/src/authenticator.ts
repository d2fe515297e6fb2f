import type { Authenticator, Clock, CredentialSource, Ids } from '@parley/domain'
import { AuthenticatedConnection, type AuthParts } from './authenticated-connection.ts'
import { BasicScheme } from './basic-scheme.ts'
import { DigestScheme } from './digest-scheme.ts'
import type { LockoutGuard } from './lockout-guard.ts'
import type { NonceKeys } from './nonces.ts'
import { NtlmScheme } from './ntlm-scheme.ts'
import { TicketScheme } from './ticket-scheme.ts'
import { Turns } from './turns.ts'

/** What an authenticator is made of. */
export interface AuthenticatorOptions {
  readonly credentials: CredentialSource
  readonly clock: Clock
  readonly ids: Ids
  readonly guard: LockoutGuard
  /** Basic is offered and taken over encrypted connections only, even if it is on. Tickets are taken if `credentials` can check them. */
  readonly schemes: { readonly digest: boolean; readonly ntlm: boolean; readonly basic: boolean }
  /** `--insecure-ntlmv1`: librvp and Net::RVP know nothing better (client-facts §1.10, §2.2). */
  readonly allowNtlmv1: boolean
  /** At least 32 random bytes each. Edges that share them accept each other's nonces. */
  readonly nonceKeys: NonceKeys
}

/** Makes an authenticator of HTTP requests; it holds no timers and needs no closing. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { credentials, clock, ids, guard, schemes, allowNtlmv1, nonceKeys } = options
  const verifyTicket = credentials.verifyTicket?.bind(credentials)
  const parts: AuthParts = {
    guard,
    turns: new Turns(),
    digest: schemes.digest ? new DigestScheme(credentials, clock, ids, nonceKeys) : undefined,
    ntlm: schemes.ntlm ? new NtlmScheme(credentials, ids, allowNtlmv1) : undefined,
    tickets: verifyTicket && new TicketScheme(verifyTicket, clock),
    allowNtlmv1,
    basic: schemes.basic ? new BasicScheme(credentials, clock, nonceKeys()[0]) : undefined,
  }
  return { connection: () => new AuthenticatedConnection(parts) }
}

import type { Identity } from './identity.ts'

/** What an authenticator needs to know of a request. */
export interface AuthRequest {
  readonly method: string
  /** The request target exactly as sent: a Digest answer covers it (client-facts §5, 38). */
  readonly target: string
  /** Values of the Authorization header, in order; more than one is refused. */
  readonly authorization: readonly string[]
  /** Whether the client's connection is encrypted: Basic is offered and taken only then. */
  readonly encrypted: boolean
  /** Whether the connection is a proxy's, which may bring another client's request next: nothing that proves a connection is offered or taken. */
  readonly isProxied?: boolean | undefined
  /** The client's address, for the lockout guard. */
  readonly remoteAddress: string
  /** The IM domain that was asked: accounts are looked up in it. */
  readonly domain: string
}

export type AuthOutcome =
  | {
      readonly kind: 'authenticated'
      readonly identity: Identity
      /** WWW-Authenticate value of the answer to this request: it proves us to the client (RFC 4559 §5). */
      readonly reply?: string
    }
  /** Answer 401 with these WWW-Authenticate values, each in a header of its own, in this order; keep the connection open. */
  | {
      readonly kind: 'challenge'
      readonly challenges: readonly string[]
      /** The account whose proof was wrong, as the lockout guard names it; absent when nothing was proved, or only too late. */
      readonly failedAccount?: string
    }
  /** Too many failures: answer 429 with Retry-After, whether or not the account exists. */
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number }

/** Authentication state of one client connection: NTLM's half-finished handshake, and its success (client-facts §5, 40). */
export interface ConnectionAuthenticator {
  /** Requests of one connection come one after the other. A synchronous answer is the fast path. */
  authenticate(request: AuthRequest): AuthOutcome | Promise<AuthOutcome>
}

export interface Authenticator {
  connection(): ConnectionAuthenticator
}

import type { LogicalUrl } from '@parley/protocol'

/** A Digest answer to check (RFC 2617 §3.2.2): `response` must be made from the HA1 of exactly `username`. */
export interface DigestAttempt {
  readonly domain: string
  /** As sent: `user`, `DOMAIN\user`, `DOMAIN/user`, `/user` or `user@domain` (client-facts §5, 37). */
  readonly username: string
  readonly realm: string
  /** Computes the response that fits an HA1 (hex, lower case); the source compares in constant time. */
  readonly expectedResponse: (ha1: string) => string
  readonly response: string
}

/** An NTLM type 3 message's answer to `serverChallenge` (8 bytes) (MS-NLMP §3.3). */
export interface NtlmAttempt {
  readonly domain: string
  readonly username: string
  /** The domain the client named; part of an NTLMv2 hash. */
  readonly ntDomain: string
  readonly serverChallenge: Uint8Array
  readonly ntResponse: Uint8Array
  readonly lmResponse: Uint8Array
  /** Whether LM/NTLMv1 is allowed (`--insecure-ntlmv1`). */
  readonly allowNtlmv1: boolean
  /** The client's, which has its own share of an account's tries (AttemptBudget). */
  readonly address: string
}

/** A ticket that was right. */
export interface TicketOutcome {
  readonly node: LogicalUrl
  /** As the ticket names the user. */
  readonly username: string
  readonly reply: Uint8Array
}

/**
 * Verifies proofs of identity. Resolves with the user's node, or undefined when the proof is wrong, the account does not
 * exist or is disabled: callers cannot tell which, and the time taken does not tell either. Rejects with UnavailableError when a proof
 * cannot be checked now, and with TooManyRequestsError when it may not be, for so many wrong ones.
 */
export interface CredentialSource {
  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined>
  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined>
  /** `address` is the client's, as in NtlmAttempt. */
  verifyPassword(domain: string, username: string, password: string, address: string): Promise<LogicalUrl | undefined>
  /**
   * Checks a SPNEGO token with a Kerberos ticket for this service (RFC 4559); `reply` is the token that proves us to the client. Absent
   * when there is no such source: Negotiate then carries NTLM only.
   */
  verifyTicket?(domain: string, token: Uint8Array): Promise<TicketOutcome | undefined>
  /** The realm that verifiers were made for: it goes into the Digest challenge. */
  readonly realm: string
  /** The Windows domain that NTLM challenges name, so that clients answer with it; made from the IM domain when absent. */
  readonly ntDomain?: string | undefined
}

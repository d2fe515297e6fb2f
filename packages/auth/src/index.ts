/**
 * Who is calling: Digest, NTLM (also as raw `Negotiate` tokens) and Basic over TLS, in the forms that real RVP clients need,
 * and a guard that makes guessers wait. What proves a user right is asked of a `CredentialSource`.
 */
export { type AuthenticatorOptions, createAuthenticator } from './authenticator.ts'
export { type Claimant, defaultLockoutLimits, LockoutGuard, type LockoutLimits } from './lockout-guard.ts'
export type { NonceKeys } from './nonces.ts'

/**
 * Who is calling: Digest, NTLM, Negotiate (tickets of Kerberos, and NTLM) and Basic over TLS, in the forms that real clients need, and
 * a guard that makes guessers wait. What proves a user right is asked of a `CredentialSource`; those of a directory's users are here.
 */
export { type AuthenticatorOptions, createAuthenticator } from './authenticator.ts'
export type { CountedChecksOptions } from './counted-checks.ts'
export { DirectoryCredentials, type DirectoryCredentialsOptions } from './directory-credentials.ts'
export { ImPasswordCredentials } from './im-password-credentials.ts'
export { type Claimant, defaultLockoutLimits, LockoutGuard, type LockoutLimits } from './lockout-guard.ts'
export type { NonceKeys } from './nonces.ts'

import type { CredentialKind, LogicalUrl } from '@parley/protocol'

/**
 * How a caller proved who it is, as the edge saw it. `federated`: the server of another IM domain proved by its certificate
 * that it speaks for the principal's domain.
 */
export type AuthScheme = 'digest' | 'ntlm' | 'negotiate' | 'basic' | 'stream' | 'internal' | 'federated'

/** What the edge proved about a caller; a home trusts nothing else (design.md, "Identity"). */
export interface Identity {
  readonly principal: LogicalUrl
  readonly scheme: AuthScheme
  /** The directory's name for the principal, when the edge knows it. */
  readonly displayName?: string
}

/** The credential kind of RVP §5.7.2.1 that a scheme satisfies; RVP knows no third kind, so Basic over TLS counts as digest. */
export function credentialKindOf(scheme: AuthScheme): CredentialKind {
  switch (scheme) {
    case 'ntlm':
    case 'negotiate':
      return 'ntlm'
    case 'internal':
      return 'internal'
    default:
      return 'digest'
  }
}

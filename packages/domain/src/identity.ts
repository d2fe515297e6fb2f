import type { CredentialKind, LogicalUrl } from '@parley/protocol'

/** How a caller proved who it is, as the edge saw it. */
export type AuthScheme = 'digest' | 'ntlm' | 'negotiate' | 'basic' | 'stream' | 'internal'

/** What the edge proved about a caller; a home trusts nothing else (design.md, "Identity"). */
export interface Identity {
  readonly principal: LogicalUrl
  readonly scheme: AuthScheme
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

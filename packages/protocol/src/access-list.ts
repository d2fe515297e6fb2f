import type { LogicalUrl } from './logical-url.ts'

/** The rights of RVP §5.7.1; `all` stands for every one of them. */
export const accessRights = [
  'list',
  'read',
  'write',
  'send-to',
  'receive-from',
  'readacl',
  'writeacl',
  'presence',
  'subscriptions',
  'subscribe-others',
] as const

export type AccessRight = (typeof accessRights)[number]

/** How a principal proved who it is (RVP §5.7.2.1). */
export const credentialKinds = ['assertion', 'digest', 'ntlm', 'internal'] as const

export type CredentialKind = (typeof credentialKinds)[number]

/** A user's logical URL, a server's name (RVP §5.7.2), or everybody. */
export type AclPrincipal =
  | { readonly kind: 'all' }
  | { readonly kind: 'node'; readonly node: LogicalUrl }
  | { readonly kind: 'server'; readonly name: string }

/** One entry of an access list (RVP §5.7.3). */
export interface AccessEntry {
  readonly principal: AclPrincipal
  readonly credentials: readonly CredentialKind[] | 'any'
  readonly grant: readonly AccessRight[]
  readonly deny: readonly AccessRight[]
}

export type AccessList = readonly AccessEntry[]

/** The longest access list a node may have. */
export const maxAccessEntries = 1000

/** Two entries are about the same principal if and only if their keys are equal. */
export function principalKey(principal: AclPrincipal): string {
  if (principal.kind === 'all') return 'all'
  return principal.kind === 'node' ? principal.node : `server ${principal.name}`
}

import {
  type AccessEntry,
  type AccessList,
  type AccessRight,
  type AclPrincipal,
  accessRights,
  type CredentialKind,
  maxAccessEntries,
  principalKey,
} from './access-list.ts'
import type { LogicalUrl } from './logical-url.ts'
import { BadRequestError } from './rvp-error.ts'

/** Who asks, and how it proved that. */
export interface AccessSubject {
  readonly principal: LogicalUrl
  /** Name of the server that speaks, in lower case, when it is a server. */
  readonly server?: string
  readonly credential: CredentialKind
}

/** What the access lists of different kinds of nodes begin with. */
export type AccessListKind = 'user' | 'group' | 'resource'

/**
 * Whether `list` gives `right` to `who`. What entries say of the principal itself goes before what they say of everybody,
 * and a denial before a grant; nothing said is no. There is no inheritance between principals: the entry of a server says
 * nothing of its users (RVP §5.7.2).
 */
export function isAllowed(list: AccessList, who: AccessSubject, right: AccessRight): boolean {
  const own = verdict(list, right, who.credential, (principal) => isSame(principal, who))
  return (own ?? verdict(list, right, who.credential, (principal) => principal.kind === 'all')) === 'grant'
}

function verdict(
  list: AccessList,
  right: AccessRight,
  credential: CredentialKind,
  concerns: (principal: AclPrincipal) => boolean,
): 'grant' | 'deny' | undefined {
  let granted = false
  for (const entry of list) {
    if (!concerns(entry.principal)) continue
    // NOTE: RVP §5.7.2 lets an entry count only for its credentials. For a denial that would be a hole: whom a user blocks
    // could come back with another scheme.
    if (entry.deny.includes(right)) return 'deny'
    const accepted = entry.credentials === 'any' || entry.credentials.includes(credential)
    if (accepted && entry.grant.includes(right)) granted = true
  }
  return granted ? 'grant' : undefined
}

function isSame(principal: AclPrincipal, who: AccessSubject): boolean {
  if (principal.kind === 'node') return principal.node === who.principal
  return principal.kind === 'server' && principal.name === who.server
}

/**
 * What an ACL write does: the entries of each principal that `written` names replace the principal's old ones, and others
 * stay, since clients write one entry at a time (client-facts §5, 42). An entry without rights removes its principal, but
 * not everybody's: that one takes everybody's default rights away. Throws BadRequestError when the list grows too long.
 */
export function mergeAccessList(current: AccessList, written: AccessList): AccessList {
  const replaced = new Set(written.map(({ principal }) => principalKey(principal)))
  const kept = current.filter(({ principal }) => !replaced.has(principalKey(principal)))
  const added = written.filter((entry) => entry.principal.kind === 'all' || !isEmpty(entry))
  if (kept.length + added.length > maxAccessEntries) throw new BadRequestError('access list is too long')
  return [...kept, ...added]
}

function isEmpty({ grant, deny }: AccessEntry): boolean {
  return grant.length === 0 && deny.length === 0
}

// NOTE: these three, not `any`: they are what clients know and write (RVP §5.7.3; client-facts §1.7).
const usualCredentials: readonly CredentialKind[] = ['assertion', 'digest', 'ntlm']

/** What a node's access list is before anybody writes one (RVP §5.7.3). */
export function defaultAccessList(kind: AccessListKind, owner?: LogicalUrl): AccessList {
  return owner === undefined ? [everybodysEntry(kind)] : [everybodysEntry(kind), ownersEntry(owner)]
}

/**
 * The list that counts, and that a read answers: what was stored, with everybody's default entry unless one is stored, and
 * always the owner's full rights, whatever is stored about the owner (client-facts §5, 42, 43).
 */
export function effectiveAccessList(
  kind: AccessListKind,
  owner: LogicalUrl | undefined,
  stored: AccessList,
): AccessList {
  const others = stored.filter(({ principal }) => principal.kind !== 'node' || principal.node !== owner)
  const hasEverybody = others.some(({ principal }) => principal.kind === 'all')
  return [
    ...others,
    ...(hasEverybody ? [] : [everybodysEntry(kind)]),
    ...(owner === undefined ? [] : [ownersEntry(owner)]),
  ]
}

function everybodysEntry(kind: AccessListKind): AccessEntry {
  const grant: readonly AccessRight[] =
    kind === 'group' ? ['list', 'read', 'send-to', 'receive-from', 'presence'] : ['list', 'read', 'send-to', 'presence']
  return { principal: { kind: 'all' }, credentials: usualCredentials, grant, deny: [] }
}

function ownersEntry(owner: LogicalUrl): AccessEntry {
  return { principal: { kind: 'node', node: owner }, credentials: usualCredentials, grant: accessRights, deny: [] }
}

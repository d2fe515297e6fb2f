import { type AccessRight, ForbiddenError, isAllowed, type LogicalUrl } from '@parley/protocol'
import { type AuthScheme, credentialKindOf } from './identity.ts'
import type { RvpNode } from './rvp-node.ts'

/** Somebody whose rights are asked for; without a scheme, one who was let in before by whichever he used. */
export interface Caller {
  readonly principal: LogicalUrl
  readonly scheme?: AuthScheme
}

const anyScheme: readonly AuthScheme[] = ['digest', 'ntlm']

/** Whether the node's access list gives `caller` a right (RVP §5.7). A node's owner has every right, always (client-facts §5, 42). */
export function may(node: RvpNode, caller: Caller, right: AccessRight): boolean {
  if (caller.principal === node.owner) return true
  const schemes = caller.scheme === undefined ? anyScheme : [caller.scheme]
  return schemes.some((scheme) => {
    return isAllowed(node.access, { principal: caller.principal, credential: credentialKindOf(scheme) }, right)
  })
}

/** Whether `caller` may see changes of the node: a user's presence, or what a group or resource shows. */
export function mayWatch(node: RvpNode, caller: Caller): boolean {
  return may(node, caller, watchRight(node))
}

/** The right that a watch needs (RVP §5.7.1). */
export function watchRight(node: RvpNode): AccessRight {
  return node.kind === 'user' ? 'presence' : 'read'
}

/** Throws ForbiddenError unless `caller` has the right. */
export function demand(node: RvpNode, caller: Caller, right: AccessRight): void {
  if (!may(node, caller, right)) throw new ForbiddenError(`the access list does not allow it: ${right}`)
}

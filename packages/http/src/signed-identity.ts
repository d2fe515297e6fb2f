import type { AuthScheme, Clock, HomeName, Identity, MemberInbox } from '@parley/domain'
import { domainOf, type LogicalUrl } from '@parley/protocol'
import { z } from 'zod'
import { type ClusterKeys, refused } from './cluster-keys.ts'

/** Carries what one node of the cluster vouches for to another. */
export const identityHeader = 'Parley-Identity'

const maxAgeMs = 30_000
const maxAheadMs = 5_000
const maxTokenLength = 16 * 1024

/** A caller and its request, as the edge saw them. */
export interface SignedCaller {
  readonly identity: Identity
  readonly callerHref: string
  readonly href: string
  readonly authority: string
  readonly clientAddress: string
  readonly requestHost: string | undefined
  /** Value of RVP-Hop-Count, if there was one. */
  readonly hops: string | undefined
  /** Present when the node is asked as a member of a group. */
  readonly member?: MemberInbox | undefined
}

/** A request from one node of the cluster to another, without its body: that is for TLS to protect. */
export interface SignedRequest {
  readonly method: string
  /** Target of the request: a node's logical URL, or the path of a stream or a call. */
  readonly target: string
  readonly home: HomeName
  readonly requestId: string
  /** Present when the request is handed on for somebody: an RVP request. */
  readonly caller?: SignedCaller
}

// NOTE: only nodes that have a key can write these, and edges write nothing that they have not parsed: the names' forms are not
// looked at again.
const claimsSchema = z.object({
  method: z.string(),
  target: z.string(),
  home: z.string(),
  requestId: z.string(),
  /** When it was signed, in milliseconds since 1970. */
  at: z.number(),
  principal: z.string().optional(),
  scheme: z
    .enum(['digest', 'ntlm', 'negotiate', 'basic', 'stream', 'internal', 'federated'] satisfies AuthScheme[])
    .optional(),
  displayName: z.string().optional(),
  clientAddress: z.string().optional(),
  hops: z.string().optional(),
  member: z.enum(['devices', 'call-back'] satisfies MemberInbox[]).optional(),
  /** Absent when the same as the principal. */
  callerHref: z.string().optional(),
  /** Absent when the same as the target. */
  href: z.string().optional(),
  /** Absent when the same as the target's domain. */
  authority: z.string().optional(),
  requestHost: z.string().optional(),
})

type Claims = z.infer<typeof claimsSchema>

/** Signs what this node asks of others, and verifies what they ask of it (design.md, "Identity"). */
export class SignedIdentities {
  readonly #keys: ClusterKeys
  readonly #clock: Pick<Clock, 'now'>

  constructor({ keys, clock }: { keys: ClusterKeys; clock: Pick<Clock, 'now'> }) {
    this.#keys = keys
    this.#clock = clock
  }

  /** The value of Parley-Identity for one request; worth nothing after half a minute. */
  sign(request: SignedRequest): string {
    const claims = claimsOf(request, this.#clock.now())
    return this.#keys.sign(Buffer.from(JSON.stringify(claims)).toString('base64url'))
  }

  /**
   * What the sender of a request vouches for. Throws ForbiddenError when `token` was not signed by one of our keys, just now, for
   * this method and target; its detail says why.
   */
  verify(token: string | undefined, { method, target }: { method: string; target: string }): SignedRequest {
    if (token === undefined) throw refused('the request has no signed identity')
    if (token.length > maxTokenLength) throw refused('the signed identity is too long')
    const claims = parseClaims(this.#keys.verify(token))
    const ageMs = this.#clock.now() - claims.at
    if (ageMs > maxAgeMs) throw refused(`the identity was signed ${ageMs} ms ago`)
    if (ageMs < -maxAheadMs) throw refused(`the identity was signed ${-ageMs} ms in the future`)
    if (claims.method !== method) throw refused('the identity was signed for another method')
    if (claims.target !== target) throw refused('the identity was signed for another target')
    return requestOf(claims)
  }
}

function claimsOf({ method, target, home, requestId, caller }: SignedRequest, at: number): Claims {
  if (!caller) return { method, target, home, requestId, at }
  const { identity, callerHref, href, authority, clientAddress, requestHost, hops, member } = caller
  const { principal, scheme, displayName } = identity
  // JSON leaves out what is undefined.
  return {
    method,
    target,
    home,
    requestId,
    at,
    principal,
    scheme,
    displayName,
    clientAddress,
    hops,
    member,
    callerHref: callerHref === principal ? undefined : callerHref,
    href: href === target ? undefined : href,
    authority: authority === domainOf(target as LogicalUrl) ? undefined : authority,
    requestHost,
  }
}

function parseClaims(payload: string): Claims {
  try {
    return claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  } catch (cause) {
    throw refused(`the signed identity cannot be read: ${(cause as Error).name}`)
  }
}

function requestOf(claims: Claims): SignedRequest {
  const { method, target, requestId } = claims
  const home = claims.home as HomeName
  const principal = claims.principal as LogicalUrl | undefined
  if (principal === undefined || claims.scheme === undefined) return { method, target, home, requestId }
  const { displayName, scheme } = claims
  return {
    method,
    target,
    home,
    requestId,
    caller: {
      identity: displayName === undefined ? { principal, scheme } : { principal, scheme, displayName },
      callerHref: claims.callerHref ?? principal,
      href: claims.href ?? target,
      authority: claims.authority ?? domainOf(target as LogicalUrl),
      clientAddress: claims.clientAddress ?? '',
      requestHost: claims.requestHost,
      hops: claims.hops,
      ...(claims.member && { member: claims.member }),
    },
  }
}

import type { AuthScheme } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

/** A caller's claim to be a user, with a proof that is still to be checked. */
export interface Claim {
  readonly scheme: AuthScheme
  /** As the client spelled it. */
  readonly username: string
  /** The user's node; undefined when the proof is wrong, or there is no such account, or it is disabled. */
  check(): LogicalUrl | undefined | Promise<LogicalUrl | undefined>
  /** After a right proof: false when it was used before, which is no failure but wants a new challenge. */
  admit?(): boolean
}

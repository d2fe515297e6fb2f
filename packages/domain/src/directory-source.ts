import type { LogicalUrl } from '@parley/protocol'
import type { HomeName } from './home-name.ts'

/** A user as a directory has it: somebody who may use IM now. */
export interface SourceUser {
  readonly node: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  /** The home that the directory wants; absent: whichever has the fewest users. */
  readonly home?: HomeName
}

/** Where users come from: a file, later LDAP. */
export interface DirectorySource {
  /** Every user who may use IM, in no order. */
  read(): AsyncIterable<SourceUser>
  /** Calls `listener` after anything changed; returns how to stop. */
  onChange(listener: () => void): () => void
}

import type { LogicalUrl } from '@parley/protocol'
import type { SourceId } from './directory-source.ts'

/** What the directory knows about a user who may use IM. */
export interface DirectoryUser {
  readonly node: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  /** Who it is, whatever the alias (MapEntry.id); absent where the directory does not tell. */
  readonly id?: SourceId
}

/** Who exists: alias, mail address or UPN to user. */
export interface Directory {
  /** The enabled user whose canonical URL is `node`; undefined for anybody else, disabled users included. */
  user(node: LogicalUrl): DirectoryUser | undefined
  /** Calls `listener` after users were added, changed, disabled or removed; returns how to stop. */
  onChange(listener: (changed: readonly LogicalUrl[]) => void): () => void
}

import type { Clock, SourceId } from '@parley/domain'
import type { LdapConnection } from './ldap-connection.ts'

/** What followers of every kind are given. */
export interface FollowerSettings {
  /** The containers that are read, none of them within another: of the users, then of the groups. */
  readonly bases: readonly string[]
  /** Entries that are asked for at once. */
  readonly pageSize: number
  readonly clock: Clock
}

/** Where a follower has come to. */
export interface FollowerEnd {
  /** From here it goes on: at most 60 kB of text, kept over a restart. */
  readonly position: string
  /** Whether entries may have been removed, or moved out of the bases, without a word. */
  readonly missesDeletions: boolean
}

/**
 * Tells which entries of a directory have changed: whatever happened to them, by their ids alone. Who wants to know what became of an
 * entry reads it, and finds it or does not; so a follower need not know who may use IM, nor be right more than once.
 */
export interface ChangeFollower {
  /** The end of what has happened so far; a full read begins after that. Rejects with UnavailableError. */
  start(connection: LdapConnection): Promise<FollowerEnd>
  /**
   * Ids of entries that were added, changed, moved or removed since `position`, a batch at a time; too many do no harm, also those of
   * entries that are no users. Rejects with CookieUselessError when `position` is of no use here, e.g. on another server, or
   * with UnavailableError.
   */
  changes(position: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void>
}

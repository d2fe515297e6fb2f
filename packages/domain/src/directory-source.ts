import type { LogicalUrl } from '@parley/protocol'
import type { HomeName } from './home-name.ts'

/**
 * Names an entry for as long as it exists, whatever else of it changes: an objectGUID, an entryUUID, the account of a users file.
 * 1 to 128 printable ASCII characters without spaces, lower case.
 */
export type SourceId = string

/** What may be searched for, or shown of a user, by name (`department`, `office`, `title`, `company`, `givenName`, `surname` …); each value at most 256 characters. */
export type PersonAttributes = Readonly<Record<string, string>>

/** A user as a directory has it: somebody who may use IM now. Who is disabled or has expired is not there. */
export interface SourceUser {
  readonly kind: 'user'
  readonly id: SourceId
  readonly node: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  /**
   * What else the user may sign in as, lower case: `user@host` (user principal name, mail addresses, IM address), `ntdomain\account`, or an
   * account name. One name leads to one user.
   */
  readonly names: readonly string[]
  /** The home that the directory names; absent: whichever the rules of assignment choose. */
  readonly home?: HomeName
  /** The site that the directory names, for the rules of assignment. */
  readonly site?: string
  /** Where it stands in the directory: the normalised name of the container, lower case (`ou=oslo,dc=example,dc=com`). */
  readonly unit?: string
  readonly attributes: PersonAttributes
  /** How an administrator finds the entry: its distinguished name. In problems only, never in answers to users. */
  readonly origin: string
}

/** A group of a directory that becomes a group node. */
export interface SourceGroup {
  readonly kind: 'group'
  readonly id: SourceId
  readonly node: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  /** Its users, those of groups within it included; ids that are no IM users may be among them. */
  readonly members: readonly SourceId[]
  readonly origin: string
}

export type SourceEntry = SourceUser | SourceGroup

/** An entry that cannot be used as it is; everybody else can. */
export interface SourceProblem {
  /** Absent when not even that can be read. */
  readonly id?: SourceId
  /** The distinguished name. */
  readonly origin: string
  /** What is wrong and what to do, a sentence for an administrator, without values of secret attributes. */
  readonly what: string
}

/** Where changes go on; opaque to all but the source, at most 64 kB of text. */
export type SourceCookie = string

/** A piece of what a source reads; of one entry the last one counts. */
export interface SourceBatch {
  readonly entries: readonly SourceEntry[]
  /** Entries that may not use IM (any more), or are none of IM's: deleted, disabled, moved out of the base, no longer matched. */
  readonly gone: readonly SourceId[]
  readonly problems: readonly SourceProblem[]
}

/** What a source returns when it has given all its batches. */
export interface SourceEnd {
  /** From here the next changes are read; a source that cannot tell changes apart gives none. */
  readonly cookie?: SourceCookie
  /**
   * Whether deletions may be missing from `changes` until the next full read, which an engine makes now and then for it
   * (`entryCSN` polling).
   */
  readonly missesDeletions?: boolean
}

/** How far a long read is, for people. */
export interface SourceProgress {
  readonly read: number
  /** Absent when the directory does not tell. */
  readonly expected?: number
}

/** The cookie is of no use any more: another server, an expired state, another base. A full read must follow. */
export class CookieUselessError extends Error {
  override readonly name = 'CookieUselessError'
}

/** Where users come from: a users file, LDAP. */
export interface DirectorySource {
  /** What was configured, as a short text: a cookie of another text is of no use. No secrets. */
  readonly fingerprint: string
  /** Everybody who may use IM, and the groups. Rejects with UnavailableError when the directory does not answer; then nothing that was read counts. */
  read(progress?: (progress: SourceProgress) => void): AsyncGenerator<SourceBatch, SourceEnd, void>
  /** What changed since the cookie. Rejects with CookieUselessError, or UnavailableError. */
  changes(cookie: SourceCookie): AsyncGenerator<SourceBatch, SourceEnd, void>
  /** Calls `listener` when something may have changed, if the directory tells (else it is polled); returns how to stop. */
  onChange(listener: () => void): () => void
  /** Writes the home that was chosen back to the directory; absent when that is not configured. Rejects with UnavailableError. */
  writeHome?(id: SourceId, home: HomeName): Promise<void>
}

import type { LogicalUrl } from '@parley/protocol'
import type { SourceCookie, SourceEntry, SourceId, SourceProblem } from './directory-source.ts'
import type { HomeName } from './home-name.ts'

/** An entry that waits: another one has its URL or a name of it. */
export interface WaitingEntry {
  readonly entry: SourceEntry
  readonly problem: SourceProblem
}

/** What `parley sync` keeps over a restart. */
export interface SyncState {
  /** Of the source (DirectorySource.fingerprint). */
  readonly fingerprint: string
  readonly cookie?: SourceCookie
  /** When the last full read was complete. Milliseconds since 1970. */
  readonly fullReadAt: number
  /** When the last changes were applied. Milliseconds since 1970. */
  readonly changedAt: number
  /** Users and groups in the map. */
  readonly users: number
  readonly groups: number
}

/** Where an entry was that is in the map no more: what it had is still at that home. */
export interface FormerPlace {
  readonly id: SourceId
  readonly node: LogicalUrl
  readonly home: HomeName
}

/** Who is in a group of the directory (SourceGroup.members): users of IM and others. */
export interface Membership {
  readonly group: SourceId
  readonly members: readonly SourceId[]
}

/** What `parley sync` keeps in the cluster. Rejects with UnavailableError. */
export interface SyncStore {
  /** Takes the lease on being the one that writes, or prolongs it; false when another one has it. */
  hold(holder: string, lifetimeMs: number): Promise<boolean>
  /** Gives the lease up; harmless when another one has it. */
  release(holder: string): Promise<void>
  /** Who has the lease; undefined when nobody has. */
  holder(): Promise<string | undefined>
  state(): Promise<SyncState | undefined>
  /** Replaces the state, only while `holder` has the lease; false when it has not (any more). */
  save(holder: string, state: SyncState): Promise<boolean>
  /** Nodes in the map of these entries; those that are in none are missing. Of several nodes with one id, that which was put last. */
  nodesOf(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, LogicalUrl>>
  /** Who an administrator has switched off for IM, whatever the directory says, and which node each had then: the map does not know any more. */
  switchedOff(): Promise<ReadonlyMap<SourceId, LogicalUrl>>
  /** Idempotent; the node of the last call counts. */
  switchOff(id: SourceId, node: LogicalUrl): Promise<void>
  /** Idempotent. */
  switchOn(id: SourceId): Promise<void>
  /** Entries that wait, and problems of entries, by id or origin; replaced one by one. */
  waiting(): Promise<readonly WaitingEntry[]>
  putWaiting(waiting: readonly WaitingEntry[]): Promise<void>
  removeWaiting(ids: readonly SourceId[]): Promise<void>
  problems(): Promise<readonly SourceProblem[]>
  /** Replaces all problems; at most 1,000 are kept. */
  putProblems(problems: readonly SourceProblem[]): Promise<void>
  /** Where entries were that went, so that who comes back finds what it had; replaced one by one. */
  former(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, FormerPlace>>
  putFormer(places: readonly FormerPlace[]): Promise<void>
  /** Who is in which group, in no order; replaced one by one. */
  memberships(): AsyncIterable<Membership>
  putMemberships(memberships: readonly Membership[]): Promise<void>
  removeMemberships(groups: readonly SourceId[]): Promise<void>
}

import type { HomeName, NodeKind, SourceProblem } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

/** One difference between the map and the directory, which a run takes out of the world. */
export interface SyncChange {
  readonly what: 'added' | 'changed' | 'renamed' | 'removed'
  readonly kind: NodeKind
  readonly node: LogicalUrl
  /** Where a renamed one was. */
  readonly from?: LogicalUrl
  readonly home: HomeName
}

/** How far a long run is, for people. */
export interface SyncProgress {
  readonly phase: 'reading' | 'writing'
  readonly done: number
  /** Absent when nobody knows. */
  readonly expected?: number
}

/** What a run did, or would do. */
export interface SyncResult {
  /** Whether everything was read, or changes only. */
  readonly read: 'everything' | 'changes'
  /** Whether the next run can read changes only. */
  readonly tellsChanges: boolean
  readonly added: number
  readonly changed: number
  readonly renamed: number
  readonly removed: number
  /** In the map now. */
  readonly users: number
  readonly groups: number
  /** Entries that do not get all they ask for until something else is changed. */
  readonly waiting: number
  /** Entries with problems, those that wait included. */
  readonly problems: number
  /** Those that the run before had not. */
  readonly newProblems: readonly SourceProblem[]
}

/** How a run is watched and ended. */
export interface RunOptions {
  /** Who has the lease; absent for a dry run, which writes nothing. */
  readonly holder?: string
  /** Whether to read everything, whatever is known. */
  readonly full?: boolean
  /** Largest share of the users, 0 to 1, that may be lost at once. */
  readonly mostRemoved: number
  /** Called before each write: throws when there must be no more. */
  readonly step: () => void
  readonly progress?: (progress: SyncProgress) => void
  readonly changed?: (change: SyncChange) => void
}

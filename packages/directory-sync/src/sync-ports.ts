import type {
  Clock,
  DirectorySource,
  HomeName,
  Locations,
  LocationWriter,
  Renames,
  RenameWriter,
  SyncStore,
} from '@parley/domain'

/** What brings a directory into the map. */
export interface SyncPorts {
  readonly source: DirectorySource
  readonly map: Pick<Locations, 'entry' | 'named' | 'membersOf'> & LocationWriter
  readonly renames: Pick<Renames, 'find'> & RenameWriter
  readonly store: SyncStore
  /** Homes that users may be given. Rejects with UnavailableError. */
  readonly homes: () => Promise<readonly HomeName[]>
  readonly clock: Pick<Clock, 'now'>
}

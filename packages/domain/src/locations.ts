import type { LogicalUrl } from '@parley/protocol'
import type { PersonAttributes, SourceId } from './directory-source.ts'
import type { HomeName } from './home-name.ts'
import type { NodeKind } from './node-store.ts'

/** Where a node lives, and what everybody may know about it. */
export interface NodeLocation {
  readonly node: LogicalUrl
  readonly kind: NodeKind
  readonly home: HomeName
  readonly displayName: string
  readonly mail?: string
  /** Of the entry in the directory; absent for groups and resources that somebody made. */
  readonly id?: SourceId
  /** The mark of the move that may be under way (Locations.mark); absent when nobody has marked the entry since it was written. */
  readonly mark?: string
}

/** What the map keeps of a user or group besides, for sign-in and search: not in memory everywhere. */
export interface MapEntry extends NodeLocation {
  /** What else the user may sign in as (SourceUser.names). */
  readonly names?: readonly string[]
  readonly attributes?: PersonAttributes
  readonly unit?: string
}

/** Of an entry, what is kept in memory. */
export function locationOf({ names: _, attributes: __, unit: ___, ...location }: MapEntry): NodeLocation {
  return location
}

/** The cluster's map from nodes to homes: enabled users, and the groups and resources that somebody made. */
export interface Locations {
  /** Where the node lives; undefined when there is none of that name. A synchronous answer is the fast path of a cache. Rejects with UnavailableError. */
  locate(node: LogicalUrl): NodeLocation | undefined | Promise<NodeLocation | undefined>
  /** Every user of a home, for the process that takes it. */
  usersOf(home: HomeName): AsyncIterable<NodeLocation>
  /** Where the user lives who signs in by a name (MapEntry.names), lower case; undefined when nobody does. Rejects with UnavailableError. */
  named(name: string): Promise<NodeLocation | undefined>
  /** All that the map knows of a node. Rejects with UnavailableError. */
  entry(node: LogicalUrl): Promise<MapEntry | undefined>
  /** Users of a group that comes from the directory, at most 10,000; undefined for any other node. Rejects with UnavailableError. */
  membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined>
  /** Enters a node that is not there yet; resolves with what the map holds then, which is somebody else's entry if it came first. */
  claim(location: NodeLocation): Promise<NodeLocation>
  /**
   * Marks the entry of a node that is at `home`, in place of any mark that it has; false when it is not there (any more). Any
   * other change of the entry takes the mark off. Nobody is told.
   */
  mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean>
  /**
   * Moves a node from one home to another in one step; false when it is not at `from` (any more). With a `mark`, also false
   * when the entry does not bear it any more: somebody who took the home since has put an end to the move.
   */
  move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean>
  /**
   * Calls `listener` after entries were added, changed, moved or removed by anybody; with undefined when some changes may have
   * been missed. Returns how to stop.
   */
  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void
}

/** The side of the map that only administration writes: `parley sync`. */
export interface LocationWriter {
  /**
   * Adds or replaces entries whole, with their names and what finds them, and tells the listeners. A user's home is kept unless `home`
   * differs and nobody moves it meanwhile. A name that another node has is taken over.
   */
  put(entries: readonly MapEntry[]): Promise<void>
  /** Takes entries out, with their names, members and what finds them, and tells the listeners. */
  remove(nodes: readonly LogicalUrl[]): Promise<void>
  /** Replaces the members of a group that comes from the directory; tells the listeners of the group. */
  putMembers(group: LogicalUrl, members: readonly LogicalUrl[]): Promise<void>
  /** Every entry, in no order. */
  all(): AsyncIterable<MapEntry>
}

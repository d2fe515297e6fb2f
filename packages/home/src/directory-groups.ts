import {
  type GroupMembers,
  type HomeName,
  type Locations,
  type Nodes,
  RecentlyUsed,
  type RvpNode,
} from '@parley/domain'
import { aliasOf, escapeText, type LogicalUrl, propertyNames } from '@parley/protocol'
import type { HomeDirectory } from './home-directory.ts'

export interface DirectoryGroupsOptions {
  readonly home: HomeName
  readonly nodes: Pick<Nodes, 'loaded' | 'directoryGroup'>
  readonly directory: Pick<HomeDirectory, 'look'>
  readonly locations: Pick<Locations, 'membersOf' | 'onChange'>
}

/** Groups whose members are kept in memory: those of the largest take a megabyte. */
const groupsKnown = 128

const none: readonly LogicalUrl[] = []

/**
 * Groups that come from the directory and live in this home (Locations.membersOf). They are nodes like those that somebody made, without an
 * owner: who may send is what RVP §5.7 says of groups, everybody, and nobody here changes that.
 */
export class DirectoryGroups implements GroupMembers, Disposable {
  readonly #options: DirectoryGroupsOptions
  readonly #members = new RecentlyUsed<LogicalUrl, readonly LogicalUrl[]>(groupsKnown)
  /** Questions under way whose answers are not out of date. */
  readonly #asked = new Map<LogicalUrl, Promise<void>>()
  readonly #stopFollowing: () => void

  constructor(options: DirectoryGroupsOptions) {
    this.#options = options
    this.#stopFollowing = options.locations.onChange((changed) => this.#forget(changed))
  }

  /** Whether a node may be a group that nobody has asked for yet. */
  isUnknown(url: LogicalUrl): boolean {
    return aliasOf(url) === undefined && !this.#options.nodes.loaded(url)
  }

  /** Makes the node of a group of the directory, if there is one of that name here. Rejects with UnavailableError. */
  async open(url: LogicalUrl): Promise<void> {
    const { home, nodes, directory } = this.#options
    const location = await directory.look(url)
    if (location?.home !== home || location.kind !== 'group' || location.id === undefined) return
    const node = nodes.directoryGroup(url)
    if (location.displayName) node.properties.set(propertyNames.displayName, escapeText(location.displayName))
  }

  /** What `members` needs to be right; undefined when nothing. Rejects with UnavailableError. */
  load({ url, kind }: Pick<RvpNode, 'url' | 'kind'>): Promise<void> | undefined {
    if (kind !== 'group' || this.#members.get(url)) return undefined
    const known = this.#asked.get(url)
    if (known) return known
    const asked: Promise<void> = this.#ask(url, () => this.#asked.get(url) === asked)
    this.#asked.set(url, asked)
    return asked
  }

  members(group: LogicalUrl): readonly LogicalUrl[] {
    return this.#members.get(group) ?? none
  }

  [Symbol.dispose](): void {
    this.#stopFollowing()
  }

  async #ask(url: LogicalUrl, isCurrent: () => boolean): Promise<void> {
    try {
      const members = (await this.#options.locations.membersOf(url)) ?? none
      // NOTE: the members may have changed while we asked.
      if (isCurrent()) this.#members.set(url, members)
      else await this.load({ url, kind: 'group' })
    } finally {
      if (isCurrent()) this.#asked.delete(url)
    }
  }

  #forget(changed: readonly LogicalUrl[] | undefined): void {
    if (!changed) {
      this.#members.clear()
      this.#asked.clear()
      return
    }
    for (const url of changed) {
      this.#members.delete(url)
      this.#asked.delete(url)
    }
  }
}

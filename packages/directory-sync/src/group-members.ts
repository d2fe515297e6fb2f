import type { SourceGroup, SourceId, SourceProblem } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import type { SyncPorts } from './sync-ports.ts'

/** As many as a group node may have. */
const mostMembers = 10_000

/** Keeps the members of group nodes what the directory says, by the nodes that these have. */
export class GroupMembers {
  readonly #ports: Pick<SyncPorts, 'map' | 'store'>
  readonly #step: () => void

  /** `step` is called before each write, and throws when there must be no more. */
  constructor(ports: Pick<SyncPorts, 'map' | 'store'>, step: () => void) {
    this.#ports = ports
    this.#step = step
  }

  /** Takes over who is in a group that has a node; resolves with what is wrong with it. Rejects with UnavailableError. */
  async put({ id, origin, members }: SourceGroup, node: LogicalUrl): Promise<SourceProblem | undefined> {
    const unique = [...new Set(members)].sort()
    const kept = unique.slice(0, mostMembers)
    this.#step()
    await this.#ports.store.putMemberships([{ group: id, members: kept }])
    await this.#putNodes(node, kept)
    if (kept.length === unique.length) return undefined
    return { id, origin, what: `the group has ${unique.length} members; only ${mostMembers} of them are taken` }
  }

  /** Brings the groups up to date in which any of these are. Rejects with UnavailableError. */
  async refresh(ids: ReadonlySet<SourceId>): Promise<void> {
    for await (const { group, members } of this.#ports.store.memberships()) {
      if (!members.some((member) => ids.has(member))) continue
      const node = (await this.#ports.store.nodesOf([group])).get(group)
      if (node !== undefined) await this.#putNodes(node, members)
    }
  }

  /** Forgets who is in groups that are none any more. Rejects with UnavailableError. */
  async forget(isGroup: (id: SourceId) => boolean): Promise<void> {
    for await (const { group } of this.#ports.store.memberships()) {
      if (isGroup(group)) continue
      this.#step()
      await this.#ports.store.removeMemberships([group])
    }
  }

  async #putNodes(group: LogicalUrl, members: readonly SourceId[]): Promise<void> {
    const nodes = [...new Set((await this.#ports.store.nodesOf(members)).values())].sort()
    const held = await this.#ports.map.membersOf(group)
    if (held && held.length === nodes.length && [...held].sort().every((node, at) => node === nodes[at])) return
    this.#step()
    await this.#ports.map.putMembers(group, nodes)
  }
}

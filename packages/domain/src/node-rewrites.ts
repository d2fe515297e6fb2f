import type { LogicalUrl } from '@parley/protocol'
import type { NodeCommits } from './node-commits.ts'
import type { NodeChange, StoredNode } from './node-store.ts'
import type { RvpNode } from './rvp-node.ts'

interface Rewrite {
  writing: Promise<void> | undefined
}

/**
 * Nodes that the store has otherwise than memory as a whole: under a former URL, or as somebody else's. The whole node is written before
 * any other change of it, and only then what the store has under the former URL is removed: at any moment one of the two is complete.
 */
export class NodeRewrites {
  readonly #commits: Pick<NodeCommits, 'write'>
  readonly #isUsed: (url: LogicalUrl) => boolean
  readonly #rewrites = new Map<RvpNode, Rewrite>()
  /** URLs under which the store may have what is out of date. */
  readonly #left = new Set<LogicalUrl>()

  /** `isUsed`: whether a node has the URL now. */
  constructor(commits: Pick<NodeCommits, 'write'>, isUsed: (url: LogicalUrl) => boolean) {
    this.#commits = commits
    this.#isUsed = isUsed
  }

  /** The whole node is to be written; and what the store has at `former` is out of date then. */
  add(node: RvpNode, former?: LogicalUrl): void {
    this.#rewrites.set(node, { writing: undefined })
    if (former !== undefined) this.#left.add(former)
  }

  nodes(): readonly RvpNode[] {
    return [...this.#rewrites.keys()]
  }

  has(node: RvpNode): boolean {
    return this.#rewrites.has(node)
  }

  /** What a change of the node must wait for; undefined when there is nothing. Rejects with UnavailableError. */
  before(node: RvpNode): Promise<void> | undefined {
    const rewrite = this.#rewrites.get(node)
    if (!rewrite) return undefined
    rewrite.writing ??= this.#write(node, rewrite).finally(() => {
      rewrite.writing = undefined
    })
    return rewrite.writing
  }

  /** Removes what is left at a former URL of a node that is written. Rejects with UnavailableError. */
  async clear(former: LogicalUrl): Promise<void> {
    if (!this.#left.has(former)) return
    if (!this.#isUsed(former)) await this.#commits.write(former, [{ kind: 'remove-node' }])
    this.#left.delete(former)
  }

  async #write(node: RvpNode, rewrite: Rewrite): Promise<void> {
    await this.#commits.write(node.url, [{ kind: 'remove-node' }, ...changesFor(node.stored)])
    // NOTE: it may have been renamed once more meanwhile, or changes of it lost.
    if (this.#rewrites.get(node) === rewrite) this.#rewrites.delete(node)
  }
}

/** What a store is told to hold a whole node. */
export function changesFor({ head, subscriptions, views, properties }: StoredNode): readonly NodeChange[] {
  return [
    { kind: 'put-head', head },
    ...subscriptions.map((subscription) => ({ kind: 'put-subscription', subscription }) as const),
    ...views.map((view) => ({ kind: 'put-view', view }) as const),
    ...properties.map((property) => ({ kind: 'put-property', property }) as const),
  ]
}

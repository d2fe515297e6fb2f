import type { LogicalUrl } from '@parley/protocol'
import type { NodeCommits } from './node-commits.ts'
import { changesFor } from './node-rewrites.ts'
import type { StoredNode } from './node-store.ts'
import { PrincipalQueue } from './principal-queue.ts'

/** Copies that a home holds of nodes which live elsewhere: they are about to come, or have left. */
export class NodeCopies {
  readonly #commits: Pick<NodeCommits, 'write'>
  readonly #copies = new Map<LogicalUrl, StoredNode>()
  /** NOTE: or the end of an old copy could be written behind a new one. */
  readonly #writing = new PrincipalQueue()

  constructor(commits: Pick<NodeCommits, 'write'>) {
    this.#commits = commits
  }

  urls(): IterableIterator<LogicalUrl> {
    return this.#copies.keys()
  }

  has(url: LogicalUrl): boolean {
    return this.#copies.has(url)
  }

  get(url: LogicalUrl): StoredNode | undefined {
    return this.#copies.get(url)
  }

  /** Remembers a copy that the store holds. */
  keep(stored: StoredNode): void {
    this.#copies.set(stored.node, stored)
  }

  /** The copy of a node that has come: it is none any more. What the store holds stays. */
  take(url: LogicalUrl): StoredNode | undefined {
    const stored = this.#copies.get(url)
    this.#copies.delete(url)
    return stored
  }

  /**
   * Stores a copy of a node that is about to come, in place of any that was left behind, unless `check` rejects. Rejects with
   * UnavailableError.
   */
  async store(stored: StoredNode, check: () => Promise<void>): Promise<void> {
    await this.#writing.run(async () => {
      // NOTE: in its turn, or what it found out could be out of date by the time that the copy is stored.
      await check()
      const { moving: _, ...head } = stored.head
      const copy = { ...stored, head }
      await this.#commits.write(stored.node, [{ kind: 'remove-node' }, ...changesFor(copy)])
      this.#copies.set(stored.node, copy)
    })
  }

  /** Forgets a copy: the node lives elsewhere for good. Rejects with UnavailableError. */
  async remove(url: LogicalUrl): Promise<void> {
    const copy = this.#copies.get(url)
    await this.#writing.run(async () => {
      // NOTE: a newer one may have come, or the node itself.
      if (!copy || this.#copies.get(url) !== copy) return
      this.#copies.delete(url)
      try {
        await this.#commits.write(url, [{ kind: 'remove-node' }])
      } catch (err) {
        this.#copies.set(url, copy)
        throw err
      }
    })
  }

  /** A copy is of a node that has another URL now. Rejects with UnavailableError. */
  async rename(stored: StoredNode, former: LogicalUrl): Promise<void> {
    await this.#writing.run(async () => {
      await this.#commits.write(stored.node, [{ kind: 'remove-node' }, ...changesFor(stored)])
      this.#copies.set(stored.node, stored)
      this.#copies.delete(former)
      await this.#commits.write(former, [{ kind: 'remove-node' }])
    })
  }
}

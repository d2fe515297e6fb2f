import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import type { Epoch, NodeChange, NodeStore, StoredNode } from '../node-store.ts'
import { NodeStoreMemory } from '../node-store-memory.ts'

/** A store whose commits a test lets fail, or holds back. */
export class NodeStoreUnderTest implements NodeStore {
  readonly #memory = new NodeStoreMemory()
  readonly #held: (() => void)[] = []
  #isHolding = false
  /** Whether commits are refused. */
  isAway = false
  /** Whether commits are done, and refused all the same: their answers are lost. */
  losesAnswers = false
  /** Commits so far, failed ones included. */
  commits = 0

  load(): AsyncIterable<StoredNode> {
    return this.#memory.load()
  }

  async commit(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    this.commits += 1
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve))
    if (this.isAway) throw new UnavailableError('the server cannot store this now')
    await this.#memory.commit(node, changes, epoch)
    if (this.losesAnswers) throw new UnavailableError('the server cannot store this now')
  }

  /** Commits wait, in their order, until `release`. */
  hold(): void {
    this.#isHolding = true
  }

  release(): void {
    this.#isHolding = false
    for (const go of this.#held.splice(0)) go()
  }

  /** What is stored of a node. */
  async stored(node: LogicalUrl): Promise<StoredNode | undefined> {
    for await (const one of this.load()) if (one.node === node) return one
    return undefined
  }
}

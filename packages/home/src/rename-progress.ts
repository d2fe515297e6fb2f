import type { Epoch, NodeStore, StoredNode } from '@parley/domain'
import { logicalUrlOf } from '@parley/protocol'

/** Under this name no node can be: the domain is reserved for what is none (RFC 2606 §2). */
const record = logicalUrlOf('renames.parley.invalid', '/applied')
const property = '{urn:parley:home}sequence'

/** How far a home has carried out the log of renames: a record among its nodes, so that it moves, and is fenced, with them. */
export class RenameProgress {
  readonly #store: Pick<NodeStore, 'commit'>
  readonly #epoch: Epoch
  #sequence = 0

  constructor(given: { store: Pick<NodeStore, 'commit'>; epoch: Epoch }) {
    this.#store = given.store
    this.#epoch = given.epoch
  }

  /** Sequence of the last rename that is carried out; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** Takes the record over from what a store holds; false for anything else. */
  restore({ node, properties }: StoredNode): boolean {
    if (node !== record) return false
    const sequence = Number(properties.find(({ name }) => name === property)?.xml)
    // NOTE: who does not know how far it came begins anew: to carry a rename out twice does no harm.
    this.#sequence = Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0
    return true
  }

  /** Rejects as NodeStore.commit. */
  async store(sequence: number): Promise<void> {
    await this.#store.commit(
      record,
      [{ kind: 'put-property', property: { name: property, xml: `${sequence}` } }],
      this.#epoch,
    )
    this.#sequence = sequence
  }
}

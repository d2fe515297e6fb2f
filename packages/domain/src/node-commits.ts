import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import type { Clock } from './clock.ts'
import type { Epoch, NodeChange, NodeStore } from './node-store.ts'
import type { RvpNode } from './rvp-node.ts'

/** How soon what could not be written is written again when nothing else is written of its node. */
const mendAfterMs = 1000

type RecordChange = Exclude<NodeChange, { kind: 'remove-node' }>

/** What is known of a node's records beyond memory. */
interface Doubts {
  readonly node: RvpNode
  /** Any change of each record of which the store may hold something else than memory, by the record's name. */
  readonly records: Map<string, RecordChange>
}

/**
 * Commits of nodes in memory. A commit that failed may have been done all the same, or be done later: a store that hangs answers
 * nothing, and does what it was told when it wakes. Whoever was told that it failed reads the old state here, so the store must not
 * show the new one to the next holder (promise 1). So the records that such a commit named are written again as memory has them,
 * together with the node's next commit, and by themselves until the store has answered.
 */
export class NodeCommits {
  readonly #store: NodeStore
  readonly #epoch: Epoch
  readonly #clock: Clock
  readonly #mayMend: (node: RvpNode) => boolean
  readonly #doubts = new Map<LogicalUrl, Doubts>()
  readonly #underWay = new Map<LogicalUrl, number>()
  #cancel: (() => void) | undefined
  #isStopped = false

  /** `mayMend`: whether single records of a node may be written by themselves now. */
  constructor(given: { store: NodeStore; epoch: Epoch; clock: Clock; mayMend?: (node: RvpNode) => boolean }) {
    this.#store = given.store
    this.#epoch = given.epoch
    this.#clock = given.clock
    this.#mayMend = given.mayMend ?? (() => true)
  }

  /** How many nodes the store may hold otherwise than memory. */
  get doubtful(): number {
    return this.#doubts.size
  }

  /** Writes changes of a node that lives here; the caller applies them in memory when this resolves. Rejects with UnavailableError. */
  async commit(node: RvpNode, changes: readonly NodeChange[]): Promise<void> {
    const mending = this.#mending(node)
    const named = recordsIn(changes)
    const mended = mending.filter((change) => !named.has(recordOf(change)))
    if (mended.length + changes.length === 0) return
    const { url } = node
    this.#count(url, 1)
    try {
      await this.write(url, mended.length === 0 ? changes : [...mended, ...changes])
    } catch (err) {
      this.#doubt(node, named)
      throw err
    } finally {
      this.#count(url, -1)
    }
    if (node.url === url) this.#settle(node, mended, named)
  }

  /** The store may hold what these changes name otherwise than memory: it is written again as memory has it. */
  distrust(node: RvpNode, changes: readonly NodeChange[]): void {
    this.#doubt(node, recordsIn(changes))
  }

  /** Writes changes of a node as they are. Rejects with UnavailableError. */
  async write(node: LogicalUrl, changes: readonly NodeChange[]): Promise<void> {
    try {
      await this.#store.commit(node, changes, this.#epoch)
    } catch (err) {
      if (err instanceof UnavailableError) throw err
      throw new UnavailableError('the server cannot store this now', { cause: err, headers: [['Retry-After', '5']] })
    }
  }

  /** Mends nothing by itself any more. */
  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
    this.#cancel = undefined
    this.#doubts.clear()
  }

  /**
   * NOTE: nothing while another commit of the node is under way: memory does not show it yet, and what is written here would come after
   * it.
   */
  #mending(node: RvpNode): readonly RecordChange[] {
    const doubts = this.#doubts.get(node.url)
    if (!doubts || this.#underWay.has(node.url)) return []
    return [...doubts.records.values()].map((change) => asInMemory(node, change))
  }

  #doubt(node: RvpNode, named: ReadonlyMap<string, RecordChange>): void {
    const known = this.#doubts.get(node.url)
    const records = known?.node === node ? known.records : new Map<string, RecordChange>()
    for (const [name, change] of named) records.set(name, change)
    // NOTE: at the end, or one node whose record cannot be written would keep others from being mended.
    this.#doubts.delete(node.url)
    this.#doubts.set(node.url, { node, records })
    this.#mendLater()
  }

  #mendLater(): void {
    if (this.#isStopped || this.#doubts.size === 0) return
    this.#cancel ??= this.#clock.after(mendAfterMs, () => this.#mendAll())
  }

  #settle(node: RvpNode, mended: readonly RecordChange[], named: ReadonlyMap<string, RecordChange>): void {
    const doubts = this.#doubts.get(node.url)
    if (!doubts) return
    for (const name of named.keys()) doubts.records.delete(name)
    for (const change of mended) {
      // NOTE: whoever saw a commit fail may have put memory back since.
      if (isSame(asInMemory(node, change), change)) doubts.records.delete(recordOf(change))
    }
    if (doubts.records.size === 0) this.#doubts.delete(node.url)
  }

  #mendAll(): void {
    this.#cancel = undefined
    this.#mendEach().then(
      () => this.#mendLater(),
      // The store is still away: later.
      () => this.#mendLater(),
    )
  }

  async #mendEach(): Promise<void> {
    for (const [url, { node }] of [...this.#doubts]) {
      // Its new home has been given what memory held, and writes it there; a node that was renamed is written whole.
      if (node.place === 'gone' || node.url !== url) this.#doubts.delete(url)
      else if (node.place === 'here' && !this.#underWay.has(url) && this.#mayMend(node)) await this.commit(node, [])
    }
  }

  #count(url: LogicalUrl, by: 1 | -1): void {
    const count = (this.#underWay.get(url) ?? 0) + by
    if (count === 0) this.#underWay.delete(url)
    else this.#underWay.set(url, count)
  }
}

function recordsIn(changes: readonly NodeChange[]): ReadonlyMap<string, RecordChange> {
  const records = new Map<string, RecordChange>()
  for (const change of changes) if (change.kind !== 'remove-node') records.set(recordOf(change), change)
  return records
}

function recordOf(change: RecordChange): string {
  switch (change.kind) {
    case 'put-head':
      return 'head'
    case 'put-subscription':
      return `subscription ${change.subscription.id}`
    case 'remove-subscription':
      return `subscription ${change.id}`
    case 'put-view':
      return `view ${change.view.id}`
    case 'remove-view':
      return `view ${change.id}`
    case 'put-property':
      return `property ${change.property.name}`
    case 'remove-property':
      return `property ${change.name}`
  }
}

/** What makes the store hold of a record what memory holds. */
function asInMemory(node: RvpNode, change: RecordChange): RecordChange {
  switch (change.kind) {
    case 'put-head':
      return { kind: 'put-head', head: node.head }
    case 'put-subscription':
    case 'remove-subscription': {
      const id = change.kind === 'put-subscription' ? change.subscription.id : change.id
      const subscription = node.subscriptions.get(id)
      return subscription ? { kind: 'put-subscription', subscription } : { kind: 'remove-subscription', id }
    }
    case 'put-view':
    case 'remove-view': {
      const id = change.kind === 'put-view' ? change.view.id : change.id
      const view = node.views.get(id)
      return view ? { kind: 'put-view', view } : { kind: 'remove-view', id }
    }
    case 'put-property':
    case 'remove-property': {
      const name = change.kind === 'put-property' ? change.property.name : change.name
      const xml = node.properties.get(name)
      return xml === undefined ? { kind: 'remove-property', name } : { kind: 'put-property', property: { name, xml } }
    }
  }
}

/** Whether both make the store hold the same; what is in memory is never changed in place. */
function isSame(one: RecordChange, other: RecordChange): boolean {
  if (one.kind === 'put-head') return other.kind === 'put-head' && one.head === other.head
  if (one.kind === 'put-subscription') {
    return other.kind === 'put-subscription' && one.subscription === other.subscription
  }
  if (one.kind === 'put-view') return other.kind === 'put-view' && one.view === other.view
  if (one.kind === 'put-property') return other.kind === 'put-property' && one.property.xml === other.property.xml
  return one.kind === other.kind
}

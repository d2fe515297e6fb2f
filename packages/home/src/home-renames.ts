import { setImmediate as turnEnd } from 'node:timers/promises'
import {
  type Clock,
  type DomainEvents,
  type FreshRenames,
  type Nodes,
  type Rename,
  RenameBatch,
  type Renames,
  type RvpNode,
} from '@parley/domain'
import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import type { NodeGate } from './node-gate.ts'
import type { NodePlaces } from './node-places.ts'
import type { NodeRenaming } from './node-renaming.ts'
import type { RenameProgress } from './rename-progress.ts'

export interface HomeRenamesOptions {
  readonly renames: Renames
  readonly fresh: FreshRenames
  readonly nodes: Nodes
  readonly renaming: NodeRenaming
  readonly progress: RenameProgress
  readonly gate: Pick<NodeGate, 'quiet' | 'isPassing'>
  readonly places: Pick<NodePlaces, 'copyRenamed' | 'recheck' | 'restoreCopy'>
  /** Whether the map says that the user lives here. */
  readonly isUser: (node: LogicalUrl) => boolean
  readonly clock: Clock
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
}

/** Nodes that are rewritten before others have their turn, and nodes that are on their way to the store at a time. */
const nodesAtOnce = 16
const storedAtOnce = 64
/** Renames that are carried out together. */
const batchSize = 200_000
const retryMs = 1_000
/** How long a move waits for renames. */
const longestWaitMs = 5_000
/** How often the log is read without a word that it has grown. */
const readMs = 60_000

/**
 * Carries the log of renames out in one home (docs/adr/0021): in memory at once where somebody asks for a node, else in turns; the store
 * follows. The next holder goes on where this one was (RenameProgress).
 */
export class HomeRenames implements Disposable {
  readonly #options: HomeRenamesOptions
  readonly #stopFollowing: () => void
  #waiting: readonly Rename[] = []
  #batch: RenameBatch | undefined
  /** Nodes that are to be renamed, by the URLs that they are about to get. */
  #expected: ReadonlyMap<LogicalUrl, RvpNode> = new Map()
  /** Changes of nodes that are on their way to the store; these never reject. */
  readonly #storing = new Set<Promise<void>>()
  readonly #lastOf = new WeakMap<RvpNode, Promise<void>>()
  #seen = 0
  #reading: Promise<void> | undefined
  #nextReading: Promise<void> | undefined
  #isServing = false
  #isClosed = false
  #isRunning = false
  #cancelRead: () => void = () => {}
  #endPause: () => void = () => {}
  /** Of moves that wait. */
  readonly #waits: (() => void)[] = []

  constructor(options: HomeRenamesOptions) {
    this.#options = options
    this.#stopFollowing = options.renames.onChange(() => this.#readInBackground())
  }

  /** Renames the nodes of a home that opens, before they are served. Never rejects: what cannot be read now is carried out later. */
  async open(): Promise<void> {
    try {
      await this.catchUp()
    } catch (err) {
      this.#options.events.backgroundFailed('read which nodes were renamed', err)
    }
    if (!this.#batch) return
    this.#dropLeftovers(this.#batch)
    await this.#pass(this.#batch)
  }

  /** Goes on with it, and follows the log from now on. The nodes are served. */
  start(): void {
    this.#isServing = true
    this.#arm()
    this.#run()
  }

  /** Resolves once every rename is known that was recorded before the call. Rejects with UnavailableError. */
  catchUp(): Promise<void> {
    if (!this.#reading) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined
      })
      return this.#reading
    }
    // NOTE: the answer that is on its way may be from before.
    this.#nextReading ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#nextReading = undefined
        return this.catchUp()
      })
    return this.#nextReading
  }

  /**
   * Resolves when all renames are carried out and stored; rejects with UnavailableError when that takes long. Nodes change their home
   * only then: a home that is not as far as the other one would take a node for one that it has left behind.
   */
  async settled(): Promise<void> {
    await this.catchUp()
    let isLate = false
    const cancel = this.#options.clock.after(longestWaitMs, () => {
      isLate = true
      this.#endWaits()
    })
    while (!isLate && !this.#isClosed && (this.#batch || this.#waiting.length > 0)) await this.#nextEnd()
    cancel()
    if (this.#batch || this.#waiting.length > 0) {
      throw new UnavailableError('nodes are being renamed just now', { headers: [['Retry-After', '5']] })
    }
  }

  /**
   * Sees to it that a node has its new URL, and names others by theirs, before a request of it is answered. Returns whether that could be
   * done at once.
   */
  ready(url: LogicalUrl): boolean {
    const node = this.#batch && this.#options.nodes.loaded(url)
    if (node) this.#carryOut(node)
    return (!node || this.#options.nodes.at(url) === node) && !this.#options.fresh.coming.has(url)
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#endWaits()
    this.#stopFollowing()
    this.#cancelRead()
    this.#endPause()
  }

  /** Resolves when a batch has been finished, or nobody shall wait any longer. */
  #nextEnd(): Promise<void> {
    return new Promise((resolve) => this.#waits.push(resolve))
  }

  #endWaits(): void {
    for (const end of this.#waits.splice(0)) end()
  }

  async #read(): Promise<void> {
    const { renames, fresh, progress } = this.#options
    const known = (await renames.since(this.#seen)).filter(({ sequence }) => sequence > this.#seen)
    this.#seen = known.at(-1)?.sequence ?? this.#seen
    fresh.add(known)
    this.#wait([...this.#waiting, ...known.filter(({ sequence }) => sequence > progress.sequence)])
    this.#begin()
    if (this.#isServing) this.#run()
  }

  #wait(renames: readonly Rename[]): void {
    this.#waiting = renames
    this.#options.fresh.coming = new Set(renames.map(({ to }) => to))
  }

  #readInBackground(): void {
    this.catchUp().catch((err: unknown) => {
      this.#options.events.backgroundFailed('read which nodes were renamed', err)
    })
  }

  #arm(): void {
    this.#cancelRead = this.#options.clock.after(readMs, () => {
      this.#readInBackground()
      if (!this.#isClosed) this.#arm()
    })
  }

  /** The batch that is to be carried out; with the renames that have come since, as far as they can be carried out together. */
  #begin(): RenameBatch | undefined {
    const { nodes } = this.#options
    const known = this.#batch?.renames ?? []
    const [first, ...rest] = [...known, ...this.#waiting.slice(0, Math.max(0, batchSize - known.length))]
    if (!first || known.length === rest.length + 1) return this.#batch
    const batch = new RenameBatch([first, ...rest])
    if (batch.sequence === this.#batch?.sequence) return this.#batch
    this.#batch = batch
    this.#wait(this.#waiting.filter(({ sequence }) => sequence > batch.sequence))
    const expected = new Map([...this.#expected].filter(([, { url }]) => batch.now(url) !== url))
    for (const [from, to] of batch.targets) {
      const node = nodes.at(from)
      if (node) expected.set(to, node)
    }
    // NOTE: whoever names one by the new URL finds it, and does not begin another one.
    this.#expect(expected)
    return batch
  }

  #expect(expected: ReadonlyMap<LogicalUrl, RvpNode>): void {
    this.#expected = expected
    this.#options.nodes.expect(expected)
  }

  #run(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    const { events } = this.#options
    this.#carryOutAll()
      .catch((err: unknown) => events.backgroundFailed('carry out that nodes were renamed', err))
      .finally(() => {
        this.#isRunning = false
      })
  }

  async #carryOutAll(): Promise<void> {
    let hasFailed = false
    for (let batch = this.#begin(); batch && !this.#isClosed; batch = this.#begin()) {
      try {
        await this.#finish(batch)
        hasFailed = false
      } catch (err) {
        if (!hasFailed) this.#options.events.backgroundFailed('store that nodes were renamed; it is tried again', err)
        hasFailed = true
        await this.#pause()
      }
    }
  }

  async #finish(batch: RenameBatch): Promise<void> {
    const { gate, progress, places } = this.#options
    // NOTE: a request that was under way may put back what it has read before.
    const quiet = gate.quiet()
    await this.#pass(batch)
    await quiet
    while (this.#batch === batch && ((await this.#pass(batch)) || this.#isAnyLeft(batch))) {
      if (this.#isClosed) return
      await this.#pause()
    }
    // Others have come meanwhile.
    if (this.#isClosed || this.#batch !== batch) return
    await progress.store(batch.sequence)
    if (this.#batch === batch) {
      this.#batch = undefined
      this.#expect(new Map())
    }
    this.#endWaits()
    places.recheck(batch.targets.values())
  }

  /** NOTE: what the store still has under the URL that a node had first would be taken for something newer where several renames meet. */
  #dropLeftovers({ renames }: RenameBatch): void {
    const { nodes } = this.#options
    for (const { from, to } of renames) {
      const [left, node] = [nodes.at(from), nodes.at(to)]
      if (!left || node?.head.formerly !== from) continue
      nodes.supersede(node, from)
      nodes.forget(left)
    }
  }

  /** Renames and rewrites every node that needs it; resolves once all is stored, with whether anything did. Rejects with UnavailableError. */
  async #pass(batch: RenameBatch): Promise<boolean> {
    const { nodes } = this.#options
    let changed = 0
    let seen = 0
    for (const copy of [...nodes.copies.urls()]) if (batch.now(copy) !== copy) await this.#renameCopy(copy, batch)
    for (const node of [...nodes.all()]) {
      if (this.#isClosed) return false
      if (this.#carryOut(node)) changed += 1
      seen += 1
      while (this.#storing.size >= storedAtOnce) await Promise.race(this.#storing)
      if (seen % nodesAtOnce === 0) await turnEnd()
    }
    await Promise.all(this.#storing)
    if (!this.#isServing) return changed > 0
    await nodes.writeOwed(nodesAtOnce)
    for (const [from, to] of batch.targets) await nodes.settle(from, to)
    return changed > 0
  }

  /** Returns whether there was anything to do. */
  #carryOut(node: RvpNode): boolean {
    const { nodes, renaming, gate } = this.#options
    const batch = this.#batch
    if (!batch || node.place !== 'here') return false
    const now = (url: LogicalUrl): LogicalUrl => batch.now(url)
    const former = node.url
    const url = now(former)
    if (url !== former) {
      // NOTE: what was begun under the new URL is taken over when nothing changes it just now.
      if (nodes.at(url) && gate.isPassing(url)) return true
      renaming.rename(node, url, now, this.#isServing)
      if (this.#isServing) this.#store(node, () => nodes.settle(former, url))
      return true
    }
    const changes = renaming.rewrite(node, now, this.#isServing)
    if (changes.length === 0) return false
    if (this.#isServing) this.#store(node, () => nodes.commit(node, changes))
    else nodes.owe(node)
    return true
  }

  async #renameCopy(former: LogicalUrl, batch: RenameBatch): Promise<void> {
    const { nodes, renaming, places, isUser } = this.#options
    const url = batch.now(former)
    const stored = nodes.copies.get(former)
    if (!stored) return
    if (isUser(url)) places.restoreCopy(former)
    else {
      await nodes.copies.rename(
        renaming.renamedCopy(stored, url, (each) => batch.now(each)),
        former,
      )
      places.copyRenamed(former, url)
    }
  }

  /**
   * What fails is owed, and tried again by who waits for all of it.
   *
   * NOTE: one after another for each node, or of two changes the first could be stored last.
   */
  #store(node: RvpNode, work: () => Promise<void>): void {
    const storing: Promise<void> = Promise.resolve(this.#lastOf.get(node))
      .then(work)
      .catch(() => this.#options.nodes.owe(node))
      .finally(() => this.#storing.delete(storing))
    this.#lastOf.set(node, storing)
    this.#storing.add(storing)
  }

  /** Whether a node is still to be renamed: it moves just now. */
  #isAnyLeft({ targets }: RenameBatch): boolean {
    const { nodes } = this.#options
    return targets.keys().some((from) => nodes.at(from)?.place === 'leaving' || nodes.copies.has(from))
  }

  async #pause(): Promise<void> {
    if (this.#isClosed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(retryMs, resolve)
    this.#endPause = resolve
    await promise
    cancel()
  }
}

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { type Epoch, type NodeChange, type NodeStore, StaleEpochError, type StoredNode } from '@parley/domain'
import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import { open, type RootDatabase } from 'lmdb'
import { DirectoryLock } from './directory-lock.ts'
import { DiskSpace, freeBytesAt, roomOf } from './disk-space.ts'
import { checkDataFile } from './file-check.ts'
import {
  epochKey,
  formatKey,
  headKey,
  isDigest,
  keyText,
  nameKey,
  nodePart,
  nodeRange,
  propertyKey,
  type StoreKey,
  subscriptionKey,
  viewKey,
} from './keys.ts'
import { readCount, writeHead, writeProperty, writeSubscription, writeView } from './node-records.ts'
import { isRecordKey, type NodeRow, readNodeRows } from './node-rows.ts'
import { corruptFile, corruptRecord, decodeRecord, encodeRecord, formatVersion } from './record.ts'

type Key = (string | number)[]
type Database = RootDatabase<Buffer, Key>
/** A record to put, or to remove where `value` is undefined. */
interface Write {
  readonly key: StoreKey
  readonly value: Buffer | undefined
}

/** Commits that share a transaction. */
interface CommitGroup {
  readonly writes: Write[]
  readonly written: Promise<void>
}

/** Another process uses the directory. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError'
}

/** A newer version of Parley wrote the store. */
export class StoreFormatError extends Error {
  override readonly name = 'StoreFormatError'
}

/**
 * The embedded node store: one LMDB file in a directory that one process uses at a time.
 *
 * Commits that come while the disk is busy share the next transaction, written and flushed (fdatasync) on a thread of LMDB's.
 * A commit resolves after the flush: it survives `kill -9`, and a power loss as far as the disk keeps its word
 * (docs/adr/0001-embedded-store-lmdb.md).
 *
 * NOTE: no `transactionSync` here, ever: it would commit the half of a batch that is under way.
 */
export class NodeStoreLmdb implements NodeStore, AsyncDisposable {
  readonly #database: Database
  readonly #lock: DirectoryLock
  #epoch: Epoch
  #durableEpoch: Epoch
  readonly #space: DiskSpace
  #closed = false
  #broken = false
  /** Of the newest transaction; never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve()
  /** What goes into the next transaction; undefined while nothing waits. */
  #group: CommitGroup | undefined
  // Nodes that are being removed: their later commits wait, since a removal must see what was written before it.
  readonly #tails = new Map<LogicalUrl, Promise<void>>()

  private constructor(database: Database, lock: DirectoryLock, space: DiskSpace, epoch: Epoch) {
    this.#database = database
    this.#lock = lock
    this.#space = space
    this.#epoch = epoch
    this.#durableEpoch = epoch
  }

  /**
   * Opens the store in the directory `path`, which it makes if need be. Throws StoreInUseError, StoreFormatError,
   * UnavailableError for a full disk, and CorruptStoreError for a file that is truncated, overwritten or gone.
   */
  static async open({
    path,
    freeBytes = () => freeBytesAt(path),
  }: {
    readonly path: string
    /** How much room the disk has. */
    readonly freeBytes?: () => number
  }): Promise<NodeStoreLmdb> {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const lock = await DirectoryLock.take(path)
    if (!lock) throw new StoreInUseError(`the store in ${path} is in use by another process`)
    let database: Database | undefined
    try {
      const file = join(path, 'data.mdb')
      const marker = join(path, 'parley-store')
      // NOTE: the marker tells a store that has lost its file from one that never had any.
      const known = existsSync(marker)
      const space = new DiskSpace(freeBytes)
      if (!space.hasRoomFor(0)) throw new UnavailableError('the disk is full')
      if (hasContent(file)) checkDataFile(file)
      else if (known) throw corruptFile(file, 'it is missing or empty')
      database = open<Buffer, Key>({
        path,
        encoding: 'binary',
        noSubdir: false,
        // NOTE: it would acknowledge before the flush.
        overlappingSync: false,
        // NOTE: lmdb 3.5 leaves a rejection of its own batches unhandled when a write fails, which would end the process.
        eventTurnBatching: false,
      })
      await checkFormat(database)
      if (!known) writeMarker(path, marker)
      const epoch = readNumber(database, epochKey) ?? 0
      return new NodeStoreLmdb(database, lock, space, epoch)
    } catch (error) {
      await database?.close()
      await lock[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Raises the epoch by one, durably, and returns it: commits with an older one are refused from now on. */
  async takeEpoch(): Promise<Epoch> {
    const epoch = this.#epoch + 1
    await this.#put([], epoch)
    return epoch
  }

  async *load(): AsyncIterable<StoredNode> {
    let rows: NodeRow[] = []
    for (const { key, value } of this.#records()) {
      if (rows[0] && rows[0].key[0] !== key[0]) {
        yield* readNodeRows(rows)
        rows = []
      }
      if (key[0] === '!') decodeRecord(key, value)
      else rows.push({ key, value })
    }
    if (rows[0]) yield* readNodeRows(rows)
  }

  *#records(): Iterable<NodeRow> {
    try {
      for (const { key, value } of this.#database.getRange({})) {
        if (!isRecordKey(key)) throw new TypeError('neither texts nor numbers')
        yield { key, value }
      }
    } catch (cause) {
      throw corruptRecord(['(unreadable key)'], 'its key has no known form', { cause })
    }
  }

  commit(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    const removes = changes.some((change) => change.kind === 'remove-node')
    const tail = this.#tails.get(node)
    if (!removes && !tail) return this.#apply(node, changes, epoch)
    const work = this.#applyAfter(removes ? [tail, this.#lastWrite] : [tail], node, changes, epoch)
    const settled = work
      .then(undefined, () => undefined)
      .then(() => {
        if (this.#tails.get(node) === settled) this.#tails.delete(node)
      })
    this.#tails.set(node, settled)
    return work
  }

  /** Waits for what was committed and closes the file; calling it again is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    await Promise.all(this.#tails.values())
    this.#closed = true
    await this.#lastWrite
    await this.#database.close()
    await this.#lock[Symbol.asyncDispose]()
  }

  async #applyAfter(
    earlier: readonly (Promise<unknown> | undefined)[],
    node: LogicalUrl,
    changes: readonly NodeChange[],
    epoch: Epoch,
  ): Promise<void> {
    await Promise.allSettled(earlier)
    await this.#apply(node, changes, epoch)
  }

  async #apply(node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch): Promise<void> {
    if (epoch < this.#epoch) throw new StaleEpochError(`epoch ${epoch} is older than ${this.#epoch}`)
    const part = nodePart(node)
    const writes: Write[] = []
    const put = (key: StoreKey, content: unknown) => writes.push({ key, value: encodeRecord(key, content) })
    const remove = (key: StoreKey) => writes.push({ key, value: undefined })
    for (const change of changes) {
      switch (change.kind) {
        case 'put-head':
          put(headKey(part), writeHead(change.head))
          break
        case 'put-subscription':
          put(subscriptionKey(part, change.subscription.id), writeSubscription(change.subscription))
          break
        case 'remove-subscription':
          remove(subscriptionKey(part, change.id))
          break
        case 'put-view':
          put(viewKey(part, change.view.id), writeView(change.view))
          break
        case 'remove-view':
          remove(viewKey(part, change.id))
          break
        case 'put-property':
          put(propertyKey(part, change.property.name), writeProperty(change.property))
          break
        case 'remove-property':
          remove(propertyKey(part, change.name))
          break
        case 'remove-node':
          writes.length = 0
          if (!this.#closed) for (const key of this.#database.getKeys(nodeRange(part))) remove(key)
          break
      }
    }
    if (isDigest(part) && writes.some(({ value }) => value)) put(nameKey(part), node)
    await this.#put(writes, epoch)
  }

  async #put(writes: Write[], epoch: Epoch): Promise<void> {
    if (this.#closed) throw new UnavailableError('the store is closed')
    this.#epoch = Math.max(this.#epoch, epoch)
    if (epoch > this.#durableEpoch) writes.push({ key: epochKey, value: encodeRecord(epochKey, epoch) })
    if (writes.length === 0) return
    // NOTE: what failed within LMDB may have harmed the process's memory (disk-space.ts); nothing more is risked.
    if (this.#broken) throw new UnavailableError('the store failed and must be opened anew')
    const room = roomOf(writes)
    if (!this.#space.hasRoomFor(room)) throw new UnavailableError('the disk is full')
    this.#group ??= this.#openGroup()
    this.#group.writes.push(...writes)
    this.#space.begin(room)
    try {
      await this.#group.written
    } finally {
      this.#space.end(room)
    }
    this.#durableEpoch = Math.max(this.#durableEpoch, epoch)
  }

  /** What is committed from now on waits for the transaction before it, and for the end of this turn of the event loop. */
  #openGroup(): CommitGroup {
    const writes: Write[] = []
    const written = this.#lastWrite.then(turnEnd).then(() => {
      this.#group = undefined
      return this.#writeGroup(writes)
    })
    this.#lastWrite = written.catch(() => undefined)
    return { writes, written }
  }

  async #writeGroup(writes: readonly Write[]): Promise<void> {
    if (this.#broken) throw new UnavailableError('the store failed and must be opened anew')
    try {
      await this.#database.batch(() => {
        for (const { key, value } of writes) {
          if (value) void this.#database.put(key as Key, value)
          else void this.#database.remove(key as Key)
        }
      })
    } catch (error) {
      this.#broken = true
      throw await unavailable(error)
    }
  }
}

function hasContent(file: string): boolean {
  return existsSync(file) && statSync(file).size > 0
}

function writeMarker(directory: string, marker: string): void {
  writeFileSync(marker, `${formatVersion}\n`, { flush: true })
  const descriptor = openSync(directory, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

async function checkFormat(database: Database): Promise<void> {
  const format = readNumber(database, formatKey)
  if (format === undefined) {
    for (const key of database.getKeys({ limit: 1 })) throw corruptRecord(formatKey, `missing beside "${keyText(key)}"`)
    await database.put([...formatKey], encodeRecord(formatKey, formatVersion))
  } else if (format > formatVersion) {
    throw new StoreFormatError(
      `the store has format ${format}, this version reads up to ${formatVersion}: run the newer version again, or restore a backup of the older one`,
    )
  }
}

function readNumber(database: Database, key: StoreKey): number | undefined {
  const stored = database.get([...key])
  if (stored === undefined) return undefined
  const number = readCount(decodeRecord(key, stored))
  if (number === undefined) throw corruptRecord(key, 'it is not a number')
  return number
}

async function unavailable(error: unknown): Promise<UnavailableError> {
  // NOTE: lmdb rejects with a general error, and says why in a promise that nobody may leave unhandled.
  const { commitError } = error as { commitError?: Promise<never> }
  const cause = await commitError?.catch((reason: unknown) => reason)
  return new UnavailableError('the store cannot write now', { cause: cause ?? error })
}

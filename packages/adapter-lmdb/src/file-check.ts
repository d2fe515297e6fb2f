import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { corruptFile } from './record.ts'

// Layout of LMDB's data file as lmdb 3.5 writes it (data version 1 or 2, 64-bit, little-endian): page header of 24 bytes.
const headerBytes = 24
const magic = 0xbeef_c0de
const noPage = 0xffff_ffff_ffff_ffffn
const metaBytes = 160
const branchFlag = 0x01
const leafFlag = 0x02
const overflowFlag = 0x04
const metaFlag = 0x08
const integerKeyFlag = 0x08
const largestMapBytes = 2 ** 44
const bigData = 0x01
const deepest = 32

interface Tree {
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  readonly root: bigint
}

type Compare = (a: Buffer, b: Buffer) => number

interface Walk {
  branchPages: number
  leafPages: number
  overflowPages: number
  entries: number
  readonly depth: number
  readonly compare: Compare
  /** The key before; of a record, unless `parting`. */
  last?: { readonly key: Buffer; readonly parting: boolean }
}

interface Meta {
  readonly transaction: bigint
  readonly lastPage: number
  readonly pageBytes: number
  readonly trees: readonly [free: Tree, main: Tree]
}

/**
 * Reads every page that LMDB would follow from the newest transaction, and throws CorruptStoreError when one is missing or
 * is not what it should be. LMDB itself maps the file and trusts it: a truncated file ends the process with SIGBUS, a
 * flipped page number reads something else, or loses records without a word.
 */
export function checkDataFile(file: string): void {
  const descriptor = openSync(file, 'r')
  try {
    new DataFile(file, descriptor).check()
  } finally {
    closeSync(descriptor)
  }
}

class DataFile {
  readonly #file: string
  readonly #descriptor: number
  readonly #size: number
  #pageBytes = 4096
  #lastPage = 1
  #newestPage = 0n
  readonly #seen = new Set<number>()

  constructor(file: string, descriptor: number) {
    this.#file = file
    this.#descriptor = descriptor
    this.#size = fstatSync(descriptor).size
  }

  check(): void {
    const first = this.#meta(0)
    const second = this.#meta(first.pageBytes)
    // NOTE: transaction n is written to meta page n % 2, so the two are neighbours; both are 0 in a new file.
    const fresh = first.transaction === 0n && second.transaction === 0n
    const gap = first.transaction - second.transaction
    const paired = first.transaction % 2n === 0n && (gap === 1n || gap === -1n)
    if (first.pageBytes !== second.pageBytes || !(fresh || paired)) throw this.#damaged('its first pages disagree')
    const newest = first.transaction > second.transaction ? first : second
    this.#pageBytes = newest.pageBytes
    this.#lastPage = newest.lastPage
    const [free, main] = newest.trees
    this.#checkTree(free, compareTransactions)
    this.#checkTree(main, Buffer.compare)
    // NOTE: each transaction writes a new root; else its number was changed, and an older state would pass for the newest.
    if (!fresh && this.#newestPage !== newest.transaction) throw this.#damaged('its newest transaction is missing')
  }

  #meta(offset: number): Meta {
    const page = this.#read(offset, headerBytes + metaBytes)
    const meta = page.subarray(headerBytes)
    const version = meta.readUInt32LE(4) & 0xffff
    if (meta.readUInt32LE(0) !== magic || version === 0 || version > 2) throw this.#damaged('it is not an LMDB file')
    const pageBytes = meta.readUInt32LE(24)
    const address = meta.readBigUInt64LE(8)
    const mapBytes = Number(meta.readBigUInt64LE(16))
    const lastPage = Number(meta.readBigUInt64LE(120))
    const possible =
      page.readUInt16LE(18) === metaFlag &&
      pageBytes >= 512 &&
      pageBytes <= 65_536 &&
      (pageBytes & (pageBytes - 1)) === 0 &&
      address === 0n &&
      mapBytes <= largestMapBytes &&
      (lastPage + 1) * pageBytes <= mapBytes &&
      meta.readUInt16LE(28) === integerKeyFlag &&
      meta.readUInt32LE(72) === 0 &&
      meta.readUInt16LE(76) === 0
    if (!possible) throw this.#damaged('its first pages are not possible')
    return {
      transaction: meta.readBigUInt64LE(128),
      lastPage,
      pageBytes,
      trees: [readTree(meta.subarray(24, 72)), readTree(meta.subarray(72, 120))],
    }
  }

  #checkTree(tree: Tree, compare: Compare): void {
    if (tree.root === noPage) {
      if (tree.entries !== 0) throw this.#damaged('a tree has lost its root')
      return
    }
    const found: Walk = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0, depth: tree.depth, compare }
    this.#walk(tree.root, 1, found)
    for (const name of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const)
      if (found[name] !== tree[name]) throw this.#damaged(`${name} are ${found[name]} instead of ${tree[name]}`)
  }

  #walk(number: bigint, level: number, found: Walk): void {
    if (found.depth > deepest) throw this.#damaged('a tree is too deep')
    const page = this.#page(number)
    const leaf = level === found.depth
    if ((page.readUInt16LE(18) & 0x7f) !== (leaf ? leafFlag : branchFlag)) throw this.#damagedPage(number)
    const lower = page.readUInt16LE(20)
    const upper = page.readUInt16LE(22)
    const room = this.#pageBytes - headerBytes
    if (lower > upper || upper > room || lower % 2 !== 0) throw this.#damagedPage(number)
    const count = lower >> 1
    if (count === 0) throw this.#damagedPage(number)
    if (leaf) found.leafPages += 1
    else found.branchPages += 1
    for (let index = 0; index < count; index++) {
      const offset = page.readUInt16LE(headerBytes + index * 2)
      if (offset < upper || offset + 8 > room) throw this.#damagedPage(number)
      const node = page.subarray(headerBytes + offset)
      const low = node.readUInt16LE(0) + node.readUInt16LE(2) * 0x1_0000
      const flags = node.readUInt16LE(4)
      const keyBytes = node.readUInt16LE(6)
      if (8 + keyBytes > node.length) throw this.#damagedPage(number)
      // NOTE: the first key of a branch page is empty; the others part what is before from what follows.
      if (leaf || index > 0) {
        const key = node.subarray(8, 8 + keyBytes)
        if (!inOrder(found, key, leaf)) throw this.#damagedPage(number)
      }
      if (!leaf) {
        this.#walk(BigInt(low + flags * 0x1_0000_0000), level + 1, found)
        continue
      }
      found.entries += 1
      if (flags === 0) {
        if (8 + keyBytes + low > node.length) throw this.#damagedPage(number)
      } else if (flags === bigData && 8 + keyBytes + 24 <= node.length) {
        found.overflowPages += this.#overflow(node.subarray(8 + keyBytes), low)
      } else throw this.#damagedPage(number)
    }
  }

  #overflow(reference: Buffer, bytes: number): number {
    const number = reference.readBigUInt64LE(0)
    const pages = Math.floor((headerBytes - 1 + bytes) / this.#pageBytes) + 1
    const page = this.#page(number)
    if (page.readUInt16LE(18) !== overflowFlag || page.readUInt32LE(20) < pages) throw this.#damagedPage(number)
    const held = page.readUInt32LE(20)
    if (Number(number) + held - 1 > this.#lastPage) throw this.#damagedPage(number)
    // NOTE: only what holds data must be there: the file may end before a page that was never written.
    if (Number(number) * this.#pageBytes + headerBytes + bytes > this.#size) throw this.#damaged('it is truncated')
    for (let extra = 1; extra < held; extra++) this.#visit(number + BigInt(extra))
    return held
  }

  #page(number: bigint): Buffer {
    this.#visit(number)
    const page = this.#read(Number(number) * this.#pageBytes, this.#pageBytes)
    if (page.readBigUInt64LE(0) !== number) throw this.#damagedPage(number)
    const transaction = page.readBigUInt64LE(8)
    if (transaction > this.#newestPage) this.#newestPage = transaction
    return page
  }

  #visit(number: bigint): void {
    const page = Number(number)
    if (page < 2 || page > this.#lastPage || this.#seen.has(page)) throw this.#damagedPage(number)
    this.#seen.add(page)
  }

  #read(offset: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    if (offset + bytes > this.#size || readSync(this.#descriptor, buffer, 0, bytes, offset) !== bytes)
      throw this.#damaged('it is truncated')
    return buffer
  }

  #damagedPage(number: bigint): Error {
    return this.#damaged(`page ${number} is not what it should be`)
  }

  #damaged(why: string): Error {
    return corruptFile(this.#file, why)
  }
}

/** Keys of the free tree are transaction numbers; anything else counts as out of order. */
function compareTransactions(a: Buffer, b: Buffer): number {
  return a.length === 8 && b.length === 8 ? Number(a.readBigUInt64LE() - b.readBigUInt64LE()) : 1
}

function inOrder(walk: Walk, key: Buffer, leaf: boolean): boolean {
  const { last } = walk
  walk.last = { key, parting: !leaf }
  if (!last) return true
  const order = walk.compare(last.key, key)
  return order < 0 || (order === 0 && last.parting)
}

function readTree(bytes: Buffer): Tree {
  return {
    depth: bytes.readUInt16LE(6),
    branchPages: Number(bytes.readBigUInt64LE(8)),
    leafPages: Number(bytes.readBigUInt64LE(16)),
    overflowPages: Number(bytes.readBigUInt64LE(24)),
    entries: Number(bytes.readBigUInt64LE(32)),
    root: bytes.readBigUInt64LE(40),
  }
}

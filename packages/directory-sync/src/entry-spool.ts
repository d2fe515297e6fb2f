import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { SourceEntry } from '@parley/domain'

/** Entries that are packed together: so few that their text is short-lived for the garbage collector. */
const pieceSize = 100
/** About what such entries come to; zlib has memory for so much at a time. */
const chunkSize = 16_384
/** Entries that are given back at a time, at least. */
const atOnce = 500

/** Entries of a long read, kept until all of it is known: packed, since they are many and much alike. */
export class EntrySpool {
  readonly #pieces: Uint8Array[] = []
  #open: SourceEntry[] = []

  /** Entries kept. */
  get size(): number {
    return this.#pieces.length * pieceSize + this.#open.length
  }

  /** Keeps an entry, and says which one it is: 0 for the first. */
  add(entry: SourceEntry): number {
    const ordinal = this.size
    this.#open.push(entry)
    if (this.#open.length === pieceSize) {
      // NOTE: a copy, as what zlib returns is part of a larger buffer.
      this.#pieces.push(new Uint8Array(zstdCompressSync(JSON.stringify(this.#open), { chunkSize })))
      this.#open = []
    }
    return ordinal
  }

  /** All of them in their order, some at a time; `keeps` says by entry and ordinal which are wanted. */
  *pieces(keeps: (entry: SourceEntry, ordinal: number) => boolean): Generator<readonly SourceEntry[]> {
    let kept: SourceEntry[] = []
    for (let at = 0; at <= this.#pieces.length; at++) {
      const piece = this.#pieces[at]
      const entries: SourceEntry[] = piece ? JSON.parse(zstdDecompressSync(piece).toString()) : this.#open
      for (const [index, entry] of entries.entries()) if (keeps(entry, at * pieceSize + index)) kept.push(entry)
      if (kept.length < atOnce) continue
      yield kept
      kept = []
    }
    if (kept.length > 0) yield kept
  }
}

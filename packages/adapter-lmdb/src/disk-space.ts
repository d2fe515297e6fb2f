import { statfsSync } from 'node:fs'

const reserveBytes = 32 * 1024 * 1024
const bytesBetweenLooks = 4 * 1024 * 1024
// Besides its content, a record can touch a page on each level of the tree, and of the tree of free pages.
const bytesAroundContent = 16 * 1024

/**
 * Tells before a write whether the disk has room for it and a reserve. LMDB must not be the one to find out: lmdb 3.5 writes past
 * the end of a buffer when it words the error of a failed write, and the process may end at any time later.
 */
export class DiskSpace {
  readonly #freeBytes: () => number
  #untilLook = 0
  #waiting = 0

  constructor(freeBytes: () => number) {
    this.#freeBytes = freeBytes
  }

  /** Looks again after every 4 MiB, and each time once there was too little. */
  hasRoomFor(bytes: number): boolean {
    this.#untilLook -= bytes
    if (this.#untilLook > 0) return true
    const enough = this.#freeBytes() >= reserveBytes + this.#waiting + bytes
    this.#untilLook = enough ? bytesBetweenLooks : 0
    return enough
  }

  /** Counts what LMDB was given and has not yet written. */
  begin(bytes: number): void {
    this.#waiting += bytes
  }

  end(bytes: number): void {
    this.#waiting -= bytes
  }
}

/** The most that records of these contents can add to the file. */
export function roomOf(contents: readonly { readonly value: Uint8Array | undefined }[]): number {
  let bytes = 0
  for (const { value } of contents) bytes += bytesAroundContent + (value?.length ?? 0)
  return bytes
}

/** Bytes that are free for us on the disk that holds `path`. */
export function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

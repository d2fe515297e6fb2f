import type { ArchiveFile } from './archive.ts'

/** Something that a bundle is to hold. */
export interface BundlePart {
  /** For people: what it is, while it is collected and in the manifest. */
  readonly what: string
  /** Rejects when it cannot be had; the bundle says so then, and goes on. */
  collect(): Promise<readonly ArchiveFile[]>
}

/** A file of a bundle that holds `value`. */
export function jsonFile(name: string, value: unknown): ArchiveFile {
  return { name, content: `${JSON.stringify(value, undefined, 2)}\n` }
}

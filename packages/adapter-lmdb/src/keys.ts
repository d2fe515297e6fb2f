import { createHash } from 'node:crypto'
import type { LogicalUrl } from '@parley/protocol'

/**
 * Every key of the store; LMDB sorts them as listed, so that all records of a node are neighbours.
 *
 * | key                 | record                                                     |
 * |---------------------|------------------------------------------------------------|
 * | `['!', 'epoch']`    | the newest epoch that was taken                            |
 * | `['!', 'format']`   | the version of keys and records                            |
 * | `[node, 'a']`       | the node's URL; only where `node` is a digest of it        |
 * | `[node, 'h']`       | head                                                       |
 * | `[node, 'p', name]` | property; `name` is a digest where the name is long        |
 * | `[node, 's', id]`   | subscription                                               |
 * | `[node, 'v', id]`   | view                                                       |
 */
export type StoreKey = readonly (string | number)[]

export const formatKey: StoreKey = ['!', 'format']
export const epochKey: StoreKey = ['!', 'epoch']

// NOTE: LMDB takes keys of up to 1,978 bytes, URLs have up to 2,048. A digest starts with '#', which no URL does.
const longestPlainBytes = 512

/** How `node` is spelled in keys. */
export function nodePart(node: LogicalUrl): string {
  return shortened(node)
}

/** Whether a key's node part is a digest, so that the URL must come from the node's `a` record. */
export function isDigest(part: string): boolean {
  return part.startsWith('#')
}

export function nameKey(node: string): StoreKey {
  return [node, 'a']
}

export function headKey(node: string): StoreKey {
  return [node, 'h']
}

export function propertyKey(node: string, name: string): StoreKey {
  return [node, 'p', shortened(name)]
}

export function subscriptionKey(node: string, id: number): StoreKey {
  return [node, 's', id]
}

export function viewKey(node: string, id: number): StoreKey {
  return [node, 'v', id]
}

/** The range that holds every record of a node: `end` is past the last. */
export function nodeRange(node: string): { start: (string | number)[]; end: (string | number)[] } {
  return { start: [node], end: [node, '~'] }
}

/** A key as one text, for the checksum and for people. */
export function keyText(key: StoreKey): string {
  return key.join(' ')
}

function shortened(text: string): string {
  return text.startsWith('#') || text.includes('\0') || Buffer.byteLength(text) > longestPlainBytes
    ? `#${createHash('sha256').update(text).digest('hex')}`
    : text
}

import type { StoredNode, StoredNodeHead, StoredProperty, StoredSubscription, StoredView } from '@parley/domain'
import { isDigest, nodePart, type StoreKey } from './keys.ts'
import { readHead, readNode, readProperty, readSubscription, readView } from './node-records.ts'
import { corruptRecord, decodeRecord } from './record.ts'

/** One record as LMDB holds it. */
export interface NodeRow {
  readonly key: StoreKey
  readonly value: Uint8Array
}

/** Whether a key has a form of keys.ts. */
export function isRecordKey(key: unknown): key is StoreKey {
  return (
    Array.isArray(key) &&
    typeof key[0] === 'string' &&
    typeof key[1] === 'string' &&
    key.every((part) => typeof part === 'string' || typeof part === 'number')
  )
}

/** The node whose records `rows` are; nothing where they hold nothing but its name. Throws CorruptStoreError. */
export function* readNodeRows(rows: readonly NodeRow[]): Iterable<StoredNode> {
  const part = String(rows[0]?.key[0])
  let node = isDigest(part) ? undefined : readNode(part)
  let head: StoredNodeHead = { kind: 'user' }
  const subscriptions: StoredSubscription[] = []
  const views: StoredView[] = []
  const properties: StoredProperty[] = []
  for (const { key, value } of rows) {
    const content = decodeRecord(key, value)
    const sound = <T>(read: T | undefined): T => {
      if (read === undefined) throw corruptRecord(key, 'its content has no known form')
      return read
    }
    switch (key[1]) {
      case 'a':
        node = sound(readNode(content))
        break
      case 'h':
        head = sound(readHead(content))
        break
      case 'p':
        properties.push(sound(readProperty(content)))
        break
      case 's':
        subscriptions.push(sound(readSubscription(key[2], content)))
        break
      case 'v':
        views.push(sound(readView(key[2], content)))
        break
      default:
        throw corruptRecord(key, 'it is of no known kind')
    }
  }
  if (!node || nodePart(node) !== part) throw corruptRecord([part], 'it names no node')
  if (rows.some(({ key }) => key[1] !== 'a')) yield { node, head, subscriptions, views, properties }
}

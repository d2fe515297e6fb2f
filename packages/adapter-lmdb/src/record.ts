import { crc32 } from 'node:zlib'
import { CorruptStoreError } from '@parley/domain'
import { keyText, type StoreKey } from './keys.ts'

/** The version of keys and records; a store of a newer one is refused. */
export const formatVersion = 1

const mendHint = 'stop the server, keep a copy of the directory, and restore it from a backup'

/** A record as stored: the CRC-32 of key and content in base 36, a space, the content as JSON. */
export function encodeRecord(key: StoreKey, content: unknown): Buffer {
  const json = JSON.stringify(content)
  return Buffer.from(`${checksum(key, json)} ${json}`)
}

/** The content of a record; throws CorruptStoreError when a bit of key or value is not as it was written. */
export function decodeRecord(key: StoreKey, stored: Uint8Array): unknown {
  const text = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString()
  const space = text.indexOf(' ')
  const json = text.slice(space + 1)
  if (space < 0 || text.slice(0, space) !== checksum(key, json)) throw corruptRecord(key, 'its checksum is wrong')
  try {
    return JSON.parse(json)
  } catch {
    // NOTE: no cause; JSON.parse quotes the content.
    throw corruptRecord(key, 'it is not JSON')
  }
}

/** What to throw for a record that cannot be used. `why` must not quote the content. */
export function corruptRecord(key: StoreKey, why: string, options?: ErrorOptions): CorruptStoreError {
  return new CorruptStoreError(`the store's record "${keyText(key)}" cannot be read: ${why}; ${mendHint}`, options)
}

/** What to throw for a file that cannot be used. */
export function corruptFile(file: string, why: string): CorruptStoreError {
  return new CorruptStoreError(`the store's file ${file} is damaged: ${why}; ${mendHint}`)
}

function checksum(key: StoreKey, json: string): string {
  return crc32(`${keyText(key)}\n${json}`).toString(36)
}

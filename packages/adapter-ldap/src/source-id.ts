import type { SourceId } from '@parley/domain'
import { EqualityFilter, type Filter } from 'ldapts'

/** How a directory names an entry for ever: an objectGUID has 16 bytes, the others are text. */
export interface IdAttribute {
  readonly name: string
  readonly form: 'guid' | 'text'
}

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Reads a value of an id attribute; undefined when it is not of its form. */
export function sourceIdOf(value: Buffer, form: IdAttribute['form']): SourceId | undefined {
  if (form === 'guid') return value.length === 16 ? guidText(value) : undefined
  const text = value.toString('latin1').toLowerCase()
  return uuidText.test(text) ? text : undefined
}

/** The entry of that id, as a filter; undefined for an id that is none of a directory's. */
export function idFilter(id: SourceId, { name, form }: IdAttribute): Filter | undefined {
  if (!uuidText.test(id)) return undefined
  return new EqualityFilter({ attribute: name, value: form === 'guid' ? guidBytes(id) : id })
}

/** The text of 16 bytes of a GUID: its first three fields are little-endian (MS-DTYP §2.3.4). */
export function guidText(bytes: Buffer): string {
  return uuidOf(swapped(bytes))
}

/** The text of 16 bytes of a UUID (RFC 4122 §4.1.2). */
export function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function guidBytes(text: string): Buffer {
  return swapped(Buffer.from(text.replaceAll('-', ''), 'hex'))
}

const fieldOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(fieldOrder.map((at) => bytes[at] ?? 0))
}

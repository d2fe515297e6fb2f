import type { SourceId } from '@parley/domain'
import { BerWriter, type BerWriter as BerWriterType, Control } from 'ldapts'
import { BerCursor } from './ber-cursor.ts'
import { uuidOf } from './source-id.ts'

/** RFC 4533 §2. */
export const syncOids = {
  request: '1.3.6.1.4.1.4203.1.9.1.1',
  state: '1.3.6.1.4.1.4203.1.9.1.2',
  done: '1.3.6.1.4.1.4203.1.9.1.3',
  info: '1.3.6.1.4.1.4203.1.9.1.4',
} as const

const refreshOnly = 1

/** Asks for what has changed since a cookie (RFC 4533 §2.2). */
export class SyncRequestControl extends Control {
  readonly #cookie: Buffer | undefined

  constructor(cookie: Buffer | undefined) {
    super(syncOids.request, { critical: true })
    this.#cookie = cookie
  }

  protected override writeControl(writer: BerWriterType): void {
    const value = new BerWriter()
    value.startSequence()
    value.writeEnumeration(refreshOnly)
    if (this.#cookie !== undefined) value.writeBuffer(this.#cookie, 0x04)
    value.endSequence()
    writer.writeBuffer(value.buffer, 0x04)
  }
}

/** What happened to an entry (RFC 4533 §2.3). Throws BerError. */
export function readSyncState(value: Buffer): { readonly id: SourceId; readonly isPresent: boolean } {
  const fields = new BerCursor(value).inside(0x30)
  const state = fields.integer(0x0a)
  return { id: uuidOf(fields.take(0x04)), isPresent: state === 0 }
}

/** How a refresh ended (RFC 4533 §2.4). Throws BerError. */
export function readSyncDone(value: Buffer): { readonly cookie: Buffer | undefined; readonly refreshDeletes: boolean } {
  const fields = new BerCursor(value).inside(0x30)
  const cookie = fields.tag === 0x04 ? fields.take(0x04) : undefined
  return { cookie, refreshDeletes: readFlag(fields) }
}

/** Entries that were removed, by a Sync Info Message (RFC 4533 §2.5); those that are merely still there are none. Throws BerError. */
export function readRemoved(value: Buffer): SourceId[] {
  const choice = new BerCursor(value)
  if (choice.tag !== 0xa3) return []
  const fields = choice.inside(0xa3)
  if (fields.tag === 0x04) fields.takeAny()
  if (!readFlag(fields)) return []
  const ids = fields.inside(0x31)
  const removed: SourceId[] = []
  while (!ids.isAtEnd) removed.push(uuidOf(ids.take(0x04)))
  return removed
}

/** A BOOLEAN that is false when it is not there. */
function readFlag(fields: BerCursor): boolean {
  return fields.tag === 0x01 && fields.take(0x01)[0] !== 0
}

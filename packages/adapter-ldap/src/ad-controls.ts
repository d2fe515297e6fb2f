import { BerWriter, Control } from 'ldapts'
import { BerCursor } from './ber-cursor.ts'
import type { ReplyControls } from './ldap-reply.ts'

/** LDAP_SERVER_DIRSYNC_OID. */
export const dirSyncOid = '1.2.840.113556.1.4.841'

/** Lets a search find deleted entries too (MS-ADTS, LDAP_SERVER_SHOW_DELETED_OID). */
export function showDeleted(): Control {
  return new Control('1.2.840.113556.1.4.417', { critical: true })
}

/** Puts the objectGUID before each distinguished name, as `<GUID=…>;` (MS-ADTS, LDAP_SERVER_EXTENDED_DN_OID). */
export class ExtendedDnControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.529', { critical: true })
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter()
    value.startSequence()
    // GUIDs as text.
    value.writeInt(1)
    value.endSequence()
    writer.writeBuffer(value.buffer, 0x04)
  }
}

/**
 * Whose rights count for what changed: with `all` the account has the right "Replicating Directory Changes" and is told of everything, with
 * `own` it is told of what it may see.
 */
export type DirSyncAccess = 'all' | 'own'

const objectSecurity = 0x1
const incrementalValues = 0x80000000
const mostBytes = 1_000_000

/** Asks for what has changed since `cookie`; for all if that is empty (MS-ADTS, LDAP_SERVER_DIRSYNC_OID). */
export class DirSyncControl extends Control {
  readonly #access: DirSyncAccess
  readonly #cookie: Buffer

  constructor(access: DirSyncAccess, cookie: Buffer) {
    super(dirSyncOid, { critical: true })
    this.#access = access
    this.#cookie = cookie
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter()
    value.startSequence()
    value.writeInt(incrementalValues | (this.#access === 'own' ? objectSecurity : 0))
    value.writeInt(mostBytes)
    value.writeBuffer(this.#cookie, 0x04)
    value.endSequence()
    writer.writeBuffer(value.buffer, 0x04)
  }
}

/** Where DirSync goes on, and whether at once; undefined when a directory does not say it. Throws BerError. */
export function dirSyncReply(controls: ReplyControls): { readonly more: boolean; readonly cookie: Buffer } | undefined {
  const value = controls.get(dirSyncOid)
  if (value === undefined) return undefined
  const fields = new BerCursor(value).inside(0x30)
  const more = fields.integer() !== 0
  fields.integer()
  return { more, cookie: fields.take(0x04) }
}

/** The parts of a distinguished name as the extended DN control has it; without an id when it is a plain one. */
export function extendedDn(text: string): { readonly id?: string; readonly dn: string } {
  const id = /^<GUID=([0-9A-Fa-f-]{36})>;/.exec(text)?.[1]?.toLowerCase()
  const dn = text.replace(/^(?:<[^>]*>;)+/, '')
  return id === undefined ? { dn } : { id, dn }
}

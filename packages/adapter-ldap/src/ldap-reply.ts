import { BerCursor } from './ber-cursor.ts'
import type { LdapEntry } from './ldap-entry.ts'

/** Values of the controls that came with a message, by OID. */
export type ReplyControls = ReadonlyMap<string, Buffer>

/** How an operation ended (RFC 4511 §4.1.9). */
export interface LdapResult {
  readonly kind: 'result'
  readonly code: number
  readonly matchedDn: string
  /** What the directory says of it, for people: it may hold anything. */
  readonly diagnostic: string
  /** Where else to ask, with code 10. */
  readonly referrals: readonly string[]
  readonly controls: ReplyControls
}

/** A message of a directory (RFC 4511 §4.1.1). */
export type LdapReply =
  | LdapResult
  | { readonly kind: 'entry'; readonly entry: LdapEntry; readonly controls: ReplyControls }
  /** A part of the tree that is on other servers (RFC 4511 §4.5.3). */
  | { readonly kind: 'reference'; readonly urls: readonly string[]; readonly controls: ReplyControls }
  /** RFC 4511 §4.13. */
  | { readonly kind: 'intermediate'; readonly oid: string; readonly value: Buffer; readonly controls: ReplyControls }

const [entryTag, referenceTag, intermediateTag] = [0x64, 0x73, 0x79]
/** BindResponse, SearchResultDone, ModifyResponse, ExtendedResponse. */
const resultTags = new Set([0x61, 0x65, 0x67, 0x78])

/** Reads one message; its id is 0 when nobody asked for it (RFC 4511 §4.4). Throws BerError. */
export function parseReply(message: Buffer): { readonly id: number; readonly reply: LdapReply } {
  const envelope = new BerCursor(message).inside(0x30)
  const id = envelope.integer()
  const tag = envelope.tag ?? 0
  const body = new BerCursor(envelope.takeAny())
  const controls = envelope.tag === 0xa0 ? readControls(envelope.inside(0xa0)) : new Map<string, Buffer>()
  return { id, reply: readBody(tag, body, controls) }
}

function readBody(tag: number, body: BerCursor, controls: ReplyControls): LdapReply {
  if (tag === entryTag) return { kind: 'entry', entry: readEntry(body), controls }
  if (tag === referenceTag) return { kind: 'reference', urls: readTexts(body), controls }
  if (tag === intermediateTag) return { kind: 'intermediate', ...readIntermediate(body), controls }
  if (!resultTags.has(tag)) return { kind: 'intermediate', oid: '', value: Buffer.alloc(0), controls }
  const [code, matchedDn, diagnostic] = [body.integer(0x0a), body.text(), body.text()]
  const referrals = body.tag === 0xa3 ? readTexts(body.inside(0xa3)) : []
  return { kind: 'result', code, matchedDn, diagnostic, referrals, controls }
}

function readEntry(body: BerCursor): LdapEntry {
  const dn = body.text()
  const attributes = new Map<string, readonly Buffer[]>()
  const list = body.inside(0x30)
  while (!list.isAtEnd) {
    const attribute = list.inside(0x30)
    const name = attribute.text().toLowerCase()
    const values: Buffer[] = []
    const set = attribute.inside(0x31)
    while (!set.isAtEnd) values.push(set.take(0x04))
    attributes.set(name, values)
  }
  return { dn, attributes }
}

function readIntermediate(body: BerCursor): { oid: string; value: Buffer } {
  const oid = body.tag === 0x80 ? body.text(0x80) : ''
  const value = body.tag === 0x81 ? body.take(0x81) : Buffer.alloc(0)
  return { oid, value }
}

function readTexts(list: BerCursor): string[] {
  const texts: string[] = []
  while (!list.isAtEnd) texts.push(list.text())
  return texts
}

function readControls(list: BerCursor): Map<string, Buffer> {
  const controls = new Map<string, Buffer>()
  while (!list.isAtEnd) {
    const control = list.inside(0x30)
    const oid = control.text()
    if (control.tag === 0x01) control.takeAny()
    controls.set(oid, control.isAtEnd ? Buffer.alloc(0) : control.take(0x04))
  }
  return controls
}

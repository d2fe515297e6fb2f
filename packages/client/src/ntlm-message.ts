import { createHmac } from 'node:crypto'
import { md4 } from 'hash-wasm'
import type { Credentials } from './authentication.ts'

/** What a server's type 2 message says, as far as an answer needs it (MS-NLMP §2.2.1.2). */
export interface NtlmChallenge {
  /** 8 bytes. */
  readonly serverChallenge: Uint8Array
  readonly targetInfo: Uint8Array
}

const signature = Buffer.from('NTLMSSP\0', 'latin1')
const challengeLength = 8

/** Unicode, request target, NTLM, always sign, NTLM2 session security, target info (MS-NLMP §2.2.2.5). */
const negotiateFlags = 0x1 | 0x4 | 0x200 | 0x8000 | 0x80000 | 0x800000
const unicodeFlags = negotiateFlags & ~0x4

/** The type 1 message, base64. It names nobody: servers must not look (client-facts §5, 39). */
export function ntlmNegotiation(): string {
  const message = Buffer.alloc(32)
  message.set(signature)
  message.writeUInt32LE(1, 8)
  message.writeUInt32LE(negotiateFlags, 12)
  return message.toString('base64')
}

/** Reads a type 2 message; undefined when it is none. */
export function parseNtlmChallenge(base64: string): NtlmChallenge | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length < 32 || !bytes.subarray(0, 8).equals(signature) || bytes.readUInt32LE(8) !== 2) return undefined
  const serverChallenge = bytes.subarray(24, 24 + challengeLength)
  if (bytes.length < 48) return { serverChallenge, targetInfo: Buffer.alloc(0) }
  const length = bytes.readUInt16LE(40)
  const offset = bytes.readUInt32LE(44)
  if (offset + length > bytes.length) return undefined
  return { serverChallenge, targetInfo: bytes.subarray(offset, offset + length) }
}

/** The type 3 message, base64, with NTLMv2 responses. `user` may be `DOMAIN\user`. */
export async function ntlmAnswer(
  { user, password }: Credentials,
  challenge: NtlmChallenge,
  clientChallenge: Uint8Array,
): Promise<string> {
  const backslash = user.indexOf('\\')
  const name = { domain: user.slice(0, Math.max(backslash, 0)), user: user.slice(backslash + 1) }
  const { ntResponse, lmResponse } = await ntlmv2Responses({ ...name, password }, challenge, clientChallenge)
  const fields = [
    lmResponse,
    ntResponse,
    Buffer.from(name.domain, 'utf16le'),
    Buffer.from(name.user, 'utf16le'),
    Buffer.alloc(0), // the workstation, which is nobody's business
    Buffer.alloc(0), // a session key, for which HTTP has no use
  ]
  const header = Buffer.alloc(64)
  header.set(signature)
  header.writeUInt32LE(3, 8)
  let offset = header.length
  for (const [index, field] of fields.entries()) {
    header.writeUInt16LE(field.length, 12 + 8 * index)
    header.writeUInt16LE(field.length, 14 + 8 * index)
    header.writeUInt32LE(offset, 16 + 8 * index)
    offset += field.length
  }
  header.writeUInt32LE(unicodeFlags, 60)
  return Buffer.concat([header, ...fields]).toString('base64')
}

/** NTLMv2 (MS-NLMP §3.3.2). */
export async function ntlmv2Responses(
  { domain, user, password }: Credentials & { readonly domain: string },
  { serverChallenge, targetInfo }: NtlmChallenge,
  clientChallenge: Uint8Array,
): Promise<{ ntResponse: Buffer; lmResponse: Buffer }> {
  const ntHash = Buffer.from(await md4(Buffer.from(password, 'utf16le')), 'hex')
  const key = hmac(ntHash, Buffer.from(user.toUpperCase() + domain, 'utf16le'))
  // The time is left 0: a server that wants it puts its own into the target info.
  const temporary = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    Buffer.alloc(8),
    clientChallenge,
    Buffer.alloc(4),
    targetInfo,
    Buffer.alloc(4),
  ])
  return {
    ntResponse: Buffer.concat([hmac(key, serverChallenge, temporary), temporary]),
    lmResponse: Buffer.concat([hmac(key, serverChallenge, clientChallenge), clientChallenge]),
  }
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const md5 = createHmac('md5', key)
  for (const part of parts) md5.update(part)
  return md5.digest()
}

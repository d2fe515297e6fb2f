/** An NTLM message that a client sent, as far as a server needs it (MS-NLMP §2.2.1). */
export type NtlmMessage =
  | {
      readonly type: 1
      /** Whether the client knows NTLM2-session; the names it sends here are worthless (client-facts §5, 39). */
      readonly sessionSecurity: boolean
      /** Flags for signing and encryption that the client would have; HTTP has no use for them. */
      readonly sealing: number
    }
  | {
      readonly type: 3
      readonly username: string
      readonly ntDomain: string
      readonly ntResponse: Uint8Array
      readonly lmResponse: Uint8Array
    }

const signature = Buffer.from('NTLMSSP\0', 'latin1')
const maxLength = 6_144
const maxNameLength = 256

const flag = {
  unicode: 0x1,
  oem: 0x2,
  requestTarget: 0x4,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  targetIsDomain: 0x10000,
  sessionSecurity: 0x80000,
  targetInfo: 0x800000,
} as const

/** Sign, 128 bits, key exchange, 56 bits. */
const sealingFlags = 0x10 | 0x20000000 | 0x40000000 | 0x80000000

/** Reads a message; undefined for anything but a well-formed type 1 or 3. Bounded and linear. */
export function parseNtlmMessage(message: Uint8Array): NtlmMessage | undefined {
  if (message.length > maxLength) return undefined
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes.length < 12 || !bytes.subarray(0, 8).equals(signature)) return undefined
  switch (bytes.readUInt32LE(8)) {
    case 1:
      return asked(bytes.length >= 16 ? bytes.readUInt32LE(12) : 0)
    case 3:
      return parseAuthenticate(bytes)
    default:
      return undefined
  }
}

function asked(flags: number): NtlmMessage {
  return { type: 1, sessionSecurity: (flags & flag.sessionSecurity) !== 0, sealing: (flags & sealingFlags) >>> 0 }
}

/** Header of a type 3 of the oldest form, up to and with the workstation's field. */
const minAuthenticateLength = 52

function parseAuthenticate(bytes: Buffer): NtlmMessage | undefined {
  if (bytes.length < minAuthenticateLength) return undefined
  const lmResponse = field(bytes, 12)
  const ntResponse = field(bytes, 20)
  const ntDomain = name(bytes, 28)
  const username = name(bytes, 36)
  if (!lmResponse || !ntResponse || ntDomain === undefined || username === undefined) return undefined
  return { type: 3, username, ntDomain, ntResponse, lmResponse }
}

/** The bytes that a length, allocated length and offset at `at` point to; undefined when they lie outside. */
function field(bytes: Buffer, at: number): Buffer | undefined {
  const length = bytes.readUInt16LE(at)
  if (length === 0) return Buffer.alloc(0)
  const offset = bytes.readUInt32LE(at + 4)
  return offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : undefined
}

function name(bytes: Buffer, at: number): string | undefined {
  const text = field(bytes, at)
  if (!text || text.length > 2 * maxNameLength) return undefined
  // NOTE: librvp sends UTF-16LE under flags that are all 0 (client-facts §1.10), and our type 2 asks for nothing else.
  if (isOem(bytes)) return text.toString('latin1')
  return text.length % 2 === 0 ? text.toString('utf16le') : undefined
}

/** Whether the message says that its texts are not Unicode; the oldest form has no flags. */
function isOem(bytes: Buffer): boolean {
  const hasFlags = bytes.length >= 64 && bytes.readUInt32LE(16) >= 64 && bytes.readUInt32LE(24) >= 64
  return hasFlags && (bytes.readUInt32LE(60) & (flag.unicode | flag.oem)) === flag.oem
}

/**
 * The type 2 message that carries `serverChallenge` (8 bytes). Its target info lets clients answer with NTLMv2; it has no time
 * stamp, which would oblige them to a MIC over session keys that HTTP has no use for (MS-NLMP §2.2.1.2). Its target is the Windows
 * domain, which clients take for that of a user who names none. Whoever asks for signing is promised it: clients that have GSS-API
 * insist, though nothing is ever signed.
 */
export function ntlmChallenge(
  serverChallenge: Uint8Array,
  target: { readonly domain: string; readonly ntDomain?: string | undefined },
  { sessionSecurity, sealing }: { readonly sessionSecurity: boolean; readonly sealing: number },
): Buffer {
  const host = target.domain.replace(/:[0-9]+$/, '')
  const flatName = (target.ntDomain ?? host.split('.', 1)[0] ?? host).slice(0, 15).toUpperCase()
  const targetName = Buffer.from(flatName, 'utf16le')
  const info = Buffer.concat([
    targetInfo(2, flatName),
    targetInfo(1, flatName),
    targetInfo(4, host),
    targetInfo(3, host),
    Buffer.alloc(4),
  ])
  const header = Buffer.alloc(48)
  header.set(signature)
  header.writeUInt32LE(2, 8)
  writeField(header, 12, targetName.length, header.length)
  header.writeUInt32LE(
    (flag.unicode |
      flag.requestTarget |
      flag.ntlm |
      flag.alwaysSign |
      flag.targetIsDomain |
      flag.targetInfo |
      sealing |
      (sessionSecurity ? flag.sessionSecurity : 0)) >>>
      0,
    20,
  )
  header.set(serverChallenge, 24)
  writeField(header, 40, info.length, header.length + targetName.length)
  return Buffer.concat([header, targetName, info])
}

function targetInfo(id: number, text: string): Buffer {
  const value = Buffer.from(text, 'utf16le')
  const header = Buffer.alloc(4)
  header.writeUInt16LE(id)
  header.writeUInt16LE(value.length, 2)
  return Buffer.concat([header, value])
}

function writeField(header: Buffer, at: number, length: number, offset: number): void {
  header.writeUInt16LE(length, at)
  header.writeUInt16LE(length, at + 2)
  header.writeUInt32LE(offset, at + 4)
}

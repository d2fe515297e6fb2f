import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'

/** The client's half of NTLM (MS-NLMP §3.3), written apart from the server's. */

export function type1(flags: number, extra = ''): string {
  const message = Buffer.alloc(32)
  message.write('NTLMSSP\0\x01', 'latin1')
  message.writeUInt32LE(flags, 12)
  return Buffer.concat([message, Buffer.from(extra, 'latin1')]).toString('base64')
}

export function readType2(base64: string) {
  const message = Buffer.from(base64, 'base64')
  const infoAt = message.readUInt32LE(44)
  return {
    signature: message.toString('latin1', 0, 8),
    type: message.readUInt32LE(8),
    flags: message.readUInt32LE(20),
    challenge: message.subarray(24, 32),
    targetInfo: message.subarray(infoAt, infoAt + message.readUInt16LE(40)),
  }
}

export interface Type3 {
  readonly user: string
  readonly domain?: string
  readonly nt: Buffer
  readonly lm?: Buffer
  readonly flags?: number
  readonly encoding?: 'utf16le' | 'latin1'
}

export function type3({
  user,
  domain = 'CORP',
  nt,
  lm = Buffer.alloc(24),
  flags = 0,
  encoding = 'utf16le',
}: Type3): string {
  const parts = [lm, nt, Buffer.from(domain, encoding), Buffer.from(user, encoding), Buffer.from('PC', encoding)]
  const header = Buffer.alloc(64)
  header.write('NTLMSSP\0\x03', 'latin1')
  let offset = header.length
  parts.forEach((part, at) => {
    header.writeUInt16LE(part.length, 12 + 8 * at)
    header.writeUInt16LE(part.length, 14 + 8 * at)
    header.writeUInt32LE(offset, 16 + 8 * at)
    offset += part.length
  })
  header.writeUInt32LE(flags, 60)
  return Buffer.concat([header, ...parts]).toString('base64')
}

const hmac = (key: Buffer, ...data: Buffer[]) => createHmac('md5', key).update(Buffer.concat(data)).digest()

export function ntlmv2(ntHash: Buffer, user: string, domain: string, type2: ReturnType<typeof readType2>): Buffer {
  const key = hmac(ntHash, Buffer.from(user.toUpperCase() + domain, 'utf16le'))
  const head = Buffer.from('01010000000000000000000000000000', 'hex')
  const blob = Buffer.concat([head, randomBytes(8), Buffer.alloc(4), type2.targetInfo, Buffer.alloc(4)])
  return Buffer.concat([hmac(key, type2.challenge, blob), blob])
}

export function ntlmv1(ntHash: Buffer, challenge: Buffer): Buffer {
  const bits = [...Buffer.concat([ntHash, Buffer.alloc(5)])].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const blocks = [0, 56, 112].map((start) => {
    const septets = bits.slice(start, start + 56).match(/.{7}/g) ?? []
    const key = Buffer.from(septets.map((septet) => Number.parseInt(`${septet}0`, 2)))
    const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false)
    return cipher.update(challenge)
  })
  return Buffer.concat(blocks)
}

/** Answer and LM field of NTLM2-session. */
export function ntlm2Session(ntHash: Buffer, challenge: Buffer): { nt: Buffer; lm: Buffer } {
  const nonce = randomBytes(8)
  const session = createHash('md5').update(challenge).update(nonce).digest().subarray(0, 8)
  return { nt: ntlmv1(ntHash, session), lm: Buffer.concat([nonce, Buffer.alloc(16)]) }
}

import { createCipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { NtlmAttempt } from './credential-source.ts'

/**
 * Whether an NTLM answer was made from the password of `ntHash` (16 bytes: MD4 of the UTF-16LE password). Takes NTLMv2 and
 * NTLM2-session, and NTLMv1 where `attempt` allows it (MS-NLMP §3.3; client-facts §5, 39). LM responses prove too little,
 * and no client sends one alone.
 */
export function isNtlmResponse(ntHash: Uint8Array, attempt: NtlmAttempt): boolean {
  if (attempt.ntResponse.length >= minNtlmv2Length) return isNtlmv2(ntHash, attempt)
  if (attempt.ntResponse.length !== 24) return false
  // NOTE: the form of the LM response tells NTLM2-session; librvp's flags are 0 whatever it uses (client-facts §1.10).
  const sessionSecurity = attempt.lmResponse.length === 24 && attempt.lmResponse.subarray(8).every((byte) => byte === 0)
  if (sessionSecurity) return isNtlm2Session(ntHash, attempt)
  return attempt.allowNtlmv1 && timingSafeEqual(desLong(ntHash, attempt.serverChallenge), attempt.ntResponse)
}

/** A 16-byte proof, and the smallest client challenge structure of MS-NLMP §2.2.2.7. */
const minNtlmv2Length = 16 + 28

function isNtlmv2(ntHash: Uint8Array, { username, ntDomain, serverChallenge, ntResponse }: NtlmAttempt): boolean {
  const identity = Buffer.from(upperCase(username) + ntDomain, 'utf16le')
  const key = createHmac('md5', ntHash).update(identity).digest()
  const proof = createHmac('md5', key).update(serverChallenge).update(ntResponse.subarray(16)).digest()
  return timingSafeEqual(proof, ntResponse.subarray(0, 16))
}

function isNtlm2Session(ntHash: Uint8Array, { serverChallenge, lmResponse, ntResponse }: NtlmAttempt): boolean {
  const challenge = createHash('md5').update(serverChallenge).update(lmResponse.subarray(0, 8)).digest().subarray(0, 8)
  return timingSafeEqual(desLong(ntHash, challenge), ntResponse)
}

/** DESL of MS-NLMP §6: the challenge under three DES keys cut from the padded hash. */
function desLong(ntHash: Uint8Array, challenge: Uint8Array): Buffer {
  const padded = Buffer.alloc(21)
  padded.set(ntHash)
  return Buffer.concat([0, 7, 14].map((start) => des(padded.subarray(start, start + 7), challenge)))
}

function des(key7: Uint8Array, block: Uint8Array): Buffer {
  const key = Buffer.alloc(8)
  for (let i = 0; i < 8; i++) key[i] = ((key7[i - 1] ?? 0) << (8 - i)) | ((key7[i] ?? 0) >> i)
  // NOTE: OpenSSL 3 has no single DES; triple DES with one key is the same.
  return createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null)
    .setAutoPadding(false)
    .update(block)
}

/** Upper case as Windows has it: one code unit stays one, so "ß" stays as it is. */
function upperCase(text: string): string {
  return Array.from(text, (character) => {
    const upper = character.toUpperCase()
    return upper.length === character.length ? upper : character
  }).join('')
}

import { createHash } from 'node:crypto'
import type { NtlmAttempt, NtlmProof } from '@parley/domain'

const none = new Uint8Array()

/** As isNtlmResponse has it: 16 bytes of proof and the smallest client challenge (MS-NLMP §2.2.2.7). */
const minNtlmv2Length = 16 + 28
const maxLength = 4096

/**
 * What a Windows domain is asked about an answer; undefined for one that it need not be asked about, for nothing that we take has that
 * form. LM answers are never handed on: they prove too little.
 */
export function domainProof({
  username,
  ntDomain,
  serverChallenge,
  ntResponse,
  lmResponse,
  allowNtlmv1,
}: NtlmAttempt): NtlmProof | undefined {
  const proof = { username, ntDomain, serverChallenge, ntResponse, lmResponse: none }
  if (ntResponse.length >= minNtlmv2Length) return ntResponse.length <= maxLength ? proof : undefined
  if (ntResponse.length !== 24) return undefined
  // NOTE: a domain is asked about NTLM2-session as about NTLMv1, to the challenge that both sides made (MS-NLMP §3.3.1).
  if (lmResponse.length === 24 && lmResponse.subarray(8).every((byte) => byte === 0)) {
    const session = createHash('md5').update(serverChallenge).update(lmResponse.subarray(0, 8)).digest()
    return { ...proof, serverChallenge: session.subarray(0, 8) }
  }
  return allowNtlmv1 ? proof : undefined
}

import { describe, expect, it } from 'vitest'
import type { NtlmAttempt } from './credential-source.ts'
import { isNtlmResponse } from './ntlm-response.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

/** MS-NLMP §4.2: user "User", domain "Domain", password "Password", server challenge 0123456789abcdef. */
const ntHash = bytes('a4f49c406510bdcab6824ee7c30fd852')
const attempt: NtlmAttempt = {
  domain: 'im.example.com',
  username: 'User',
  ntDomain: 'Domain',
  serverChallenge: bytes('0123456789abcdef'),
  ntResponse: bytes('67c43011f30298a2ad35ece64f16331c44bdbed927841f94'),
  lmResponse: bytes('98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13'),
  allowNtlmv1: false,
  address: '192.0.2.1',
}
const session: NtlmAttempt = {
  ...attempt,
  ntResponse: bytes('7537f803ae367128ca458204bde7caf81e97ed2683267232'),
  lmResponse: bytes('aaaaaaaaaaaaaaaa 00000000000000000000000000000000'),
}
const v2: NtlmAttempt = {
  ...attempt,
  lmResponse: bytes('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa'),
  ntResponse: bytes(
    '68cd0ab851e51c96aabc927bebef6a1c 0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000' +
      '02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000',
  ),
}

describe('NTLM responses, MS-NLMP §4.2', () => {
  it('[R39] takes the NTLMv2 response of §4.2.4', () => {
    expect(isNtlmResponse(ntHash, v2)).toBe(true)
  })

  it('[R39] takes the NTLM2-session response of §4.2.3', () => {
    expect(isNtlmResponse(ntHash, session)).toBe(true)
  })

  it('[R39] takes the NTLMv1 response of §4.2.2 only where that is allowed', () => {
    expect(isNtlmResponse(ntHash, { ...attempt, allowNtlmv1: true })).toBe(true)
    expect(isNtlmResponse(ntHash, attempt)).toBe(false)
  })

  it('refuses each of them under another hash, challenge, user or domain', () => {
    for (const good of [v2, session, { ...attempt, allowNtlmv1: true }]) {
      expect(isNtlmResponse(bytes('a4f49c406510bdcab6824ee7c30fd853'), good)).toBe(false)
      expect(isNtlmResponse(ntHash, { ...good, serverChallenge: bytes('0123456789abcdee') })).toBe(false)
    }
    expect(isNtlmResponse(ntHash, { ...v2, username: 'Other' })).toBe(false)
    expect(isNtlmResponse(ntHash, { ...v2, ntDomain: 'DOMAIN' })).toBe(false)
  })

  it('compares the NTLMv2 user name without case', () => {
    expect(isNtlmResponse(ntHash, { ...v2, username: 'uSER' })).toBe(true)
  })

  it('refuses responses of impossible lengths', () => {
    for (const length of [0, 1, 16, 23, 25, 43]) {
      expect(isNtlmResponse(ntHash, { ...attempt, allowNtlmv1: true, ntResponse: new Uint8Array(length) })).toBe(false)
    }
  })
})

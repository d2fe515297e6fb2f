import { describe, expect, it } from 'vitest'
import { parseChallenges } from './authentication.ts'
import { NtlmAuthentication } from './ntlm-authentication.ts'
import { ntlmv2Responses, parseNtlmChallenge } from './ntlm-message.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const serverChallenge = bytes('0123456789abcdef')
const targetInfo = Buffer.concat([
  bytes('02000c00'),
  Buffer.from('Domain', 'utf16le'),
  bytes('01000c00'),
  Buffer.from('Server', 'utf16le'),
  bytes('00000000'),
])

function type2(): string {
  const header = Buffer.alloc(48)
  header.write('NTLMSSP\0', 'latin1')
  header.writeUInt32LE(2, 8)
  header.set(serverChallenge, 24)
  header.writeUInt16LE(targetInfo.length, 40)
  header.writeUInt32LE(48, 44)
  return Buffer.concat([header, targetInfo]).toString('base64')
}

describe('NTLM, RVP §6.1', () => {
  it('computes the responses of the example in MS-NLMP §4.2.4', async () => {
    const { ntResponse, lmResponse } = await ntlmv2Responses(
      { user: 'User', domain: 'Domain', password: 'Password' },
      { serverChallenge, targetInfo },
      bytes('aaaaaaaaaaaaaaaa'),
    )
    expect(ntResponse.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c')
    expect(lmResponse.toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa')
  })

  it('reads a type 2 message, and nothing else', () => {
    expect(parseNtlmChallenge(type2())).toEqual({ serverChallenge, targetInfo })
    const outside = Buffer.from(type2(), 'base64')
    outside.writeUInt32LE(1000, 44)
    for (const text of ['', 'TlRMTVNTUAAC', outside.toString('base64')])
      expect(parseNtlmChallenge(text)).toBeUndefined()
  })

  it('shakes hands once for each 401, and gives up when the answer is refused', async () => {
    const random = { fraction: () => 0, guid: () => '79fc61b5-1234-1234-8a10-941f33ca4c90' }
    const attempt = new NtlmAuthentication({ user: 'CORP\\alice', password: 'secret' }, random).attempt()
    expect(attempt.first()).toBeUndefined()
    expect(await attempt.next(parseChallenges(['Negotiate', 'NTLM']))).toMatch(/^NTLM TlRMTVNTUAABAAAA/)
    const answer = (await attempt.next(parseChallenges([`NTLM ${type2()}`]))) ?? ''
    const message = Buffer.from(answer.slice('NTLM '.length), 'base64')
    expect(message.readUInt32LE(8)).toBe(3)
    expect(message.includes(Buffer.from('CORP', 'utf16le'))).toBe(true)
    expect(await attempt.next(parseChallenges(['Negotiate', 'NTLM']))).toBeUndefined()
  })

  it('does nothing where NTLM is not offered', async () => {
    const random = { fraction: () => 0, guid: () => '' }
    const attempt = new NtlmAuthentication({ user: 'alice', password: 'secret' }, random).attempt()
    expect(await attempt.next(parseChallenges(['Digest realm="r", nonce="n"']))).toBeUndefined()
  })
})

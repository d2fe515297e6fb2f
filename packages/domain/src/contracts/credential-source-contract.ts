import { hash } from 'node:crypto'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { CredentialSource, DigestAttempt, NtlmAttempt } from '../credential-source.ts'

/** The IM domain and the Windows domain of the accounts. */
export const contractDomains = { domain: 'im.example.com', ntDomain: 'Domain' } as const

/** What the source under test must hold; name, domain and password are those of the vectors in MS-NLMP §4.2. */
export const contractAccounts = [
  { name: 'User', password: 'Password', enabled: true },
  { name: 'Disabled', password: 'Password', enabled: false },
] as const

/** A source that holds `contractAccounts` in `contractDomains`. */
export interface OpenCredentialSource extends AsyncDisposable {
  readonly credentials: CredentialSource
}

const { domain, ntDomain } = contractDomains
const address = '192.0.2.1'
const user = userUrl(domain, 'User')
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

const ntlm: NtlmAttempt = {
  domain,
  username: 'User',
  ntDomain,
  serverChallenge: bytes('0123456789abcdef'),
  lmResponse: Buffer.alloc(24),
  ntResponse: bytes(
    '68cd0ab851e51c96aabc927bebef6a1c 0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000' +
      '02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000',
  ),
  allowNtlmv1: false,
  address,
}
const ntlm2Session: NtlmAttempt = {
  ...ntlm,
  lmResponse: bytes('aaaaaaaaaaaaaaaa 00000000000000000000000000000000'),
  ntResponse: bytes('7537f803ae367128ca458204bde7caf81e97ed2683267232'),
}
const ntlmv1: NtlmAttempt = {
  ...ntlm,
  lmResponse: bytes('98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13'),
  ntResponse: bytes('67c43011f30298a2ad35ece64f16331c44bdbed927841f94'),
  allowNtlmv1: true,
}

/** What every credential source does. */
export function credentialSourceContract(open: () => Promise<OpenCredentialSource>): void {
  describe('CredentialSource contract', () => {
    it.each(['User', 'user', '/User', '\\User', 'Domain\\User', 'DOMAIN/User', 'User@im.example.com'])(
      '[R37] verifies a Digest answer of %s, hashed as spelled',
      async (username) => {
        await using opened = await open()
        expect(await verifyDigest(opened.credentials, username, 'Password')).toBe(user)
        expect(await verifyDigest(opened.credentials, username, 'password')).toBeUndefined()
      },
    )

    it('verifies a Digest answer under its own realm only', async () => {
      await using opened = await open()
      expect(await verifyDigest(opened.credentials, 'User', 'Password', { realm: 'other' })).toBeUndefined()
    })

    it('[R39] verifies NTLMv2 and NTLM2-session, and NTLMv1 where it is allowed', async () => {
      await using opened = await open()
      for (const attempt of [ntlm, ntlm2Session, ntlmv1]) {
        expect(await opened.credentials.verifyNtlm(attempt)).toBe(user)
        const otherChallenge = { ...attempt, serverChallenge: bytes('0123456789abcdee') }
        expect(await opened.credentials.verifyNtlm(otherChallenge)).toBeUndefined()
      }
      expect(await opened.credentials.verifyNtlm({ ...ntlmv1, allowNtlmv1: false })).toBeUndefined()
    })

    it('finds the account of an NTLM answer whatever the case of the name', async () => {
      await using opened = await open()
      expect(await opened.credentials.verifyNtlm({ ...ntlm, username: 'USER' })).toBe(user)
    })

    it('verifies a password under any spelling of the name', async () => {
      await using opened = await open()
      for (const username of ['User', 'uSER', 'Domain\\User', 'User@im.example.com']) {
        expect(await opened.credentials.verifyPassword(domain, username, 'Password', address)).toBe(user)
      }
      expect(await opened.credentials.verifyPassword(domain, 'User', 'password', address)).toBeUndefined()
      expect(await opened.credentials.verifyPassword(domain, 'User', '', address)).toBeUndefined()
    })

    it.each(['Disabled', 'Nobody', '', 'User/', '__proto__', '\0'])('verifies nothing for %j', async (username) => {
      await using opened = await open()
      expect(await verifyDigest(opened.credentials, username, 'Password')).toBeUndefined()
      expect(await opened.credentials.verifyNtlm({ ...ntlm2Session, username })).toBeUndefined()
      expect(await opened.credentials.verifyPassword(domain, username, 'Password', address)).toBeUndefined()
    })

    it('verifies nothing in another IM domain', async () => {
      await using opened = await open()
      const other = { domain: 'other.example' }
      expect(await verifyDigest(opened.credentials, 'User', 'Password', other)).toBeUndefined()
      expect(await opened.credentials.verifyNtlm({ ...ntlm, ...other })).toBeUndefined()
      expect(await opened.credentials.verifyPassword(other.domain, 'User', 'Password', address)).toBeUndefined()
    })
  })
}

async function verifyDigest(
  credentials: CredentialSource,
  username: string,
  password: string,
  more: Partial<Pick<DigestAttempt, 'realm' | 'domain'>> = {},
): Promise<LogicalUrl | undefined> {
  const { realm } = credentials
  const expectedResponse = (ha1: string) => hash('md5', `${ha1}:nonce`)
  const response = expectedResponse(hash('md5', `${username}:${realm}:${password}`))
  return await credentials.verifyDigest({ domain, realm, username, expectedResponse, response, ...more })
}

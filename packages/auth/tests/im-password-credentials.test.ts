import { hash } from 'node:crypto'
import { CredentialSourceMemory, type Directory, type NtlmAttempt } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ImPasswordCredentials } from '../src/index.ts'
import { ntlmv1 } from './ntlm-client.ts'
import { ntHash } from './open-authenticator.ts'
import { alice, bob, domain, openDirectory } from './open-directory.ts'

/** A users file with an IM password of alice's alone, and the directory that has her and bob. */
async function open() {
  const opened = await openDirectory()
  const accounts = [{ name: 'alice', password: 'Im-Password', ntHash: ntHash.toString('hex'), enabled: true }]
  const known: Pick<Directory, 'user'> = {
    user: (node) => (node === alice ? { node, displayName: 'Alice' } : undefined),
  }
  const file = Object.assign(new CredentialSourceMemory(domain, 'parley', accounts), known)
  return { ...opened, file, both: new ImPasswordCredentials(file, opened.credentials) }
}

const serverChallenge = Buffer.alloc(8, 3)
const answer: NtlmAttempt = {
  domain,
  username: 'alice',
  ntDomain: 'EXAMPLE',
  serverChallenge,
  ntResponse: ntlmv1(ntHash, serverChallenge),
  lmResponse: Buffer.alloc(24, 9),
  allowNtlmv1: true,
  address: '192.0.2.1',
}

describe('IM passwords of a directory’s users, docs/adr/0010-password-verifiers.md', () => {
  it('prove Digest answers, in the realm of the users file', async () => {
    const { both } = await open()
    const expectedResponse = (ha1: string) => hash('md5', ha1)
    const response = expectedResponse(hash('md5', 'alice:parley:Im-Password'))
    const attempt = { domain, username: 'alice', realm: both.realm, expectedResponse, response }
    expect(await both.verifyDigest(attempt)).toBe(alice)
    expect(await both.verifyDigest({ ...attempt, username: 'bob.b' })).toBeUndefined()
  })

  it('prove NTLM answers of those who have one; the directory is asked about the others', async () => {
    const { both, directory } = await open()
    expect(await both.verifyNtlm(answer)).toBe(alice)
    expect(await both.verifyNtlm({ ...answer, ntResponse: Buffer.alloc(24) })).toBeUndefined()
    expect(directory.proofs).toEqual([])
    expect(await both.verifyNtlm({ ...answer, username: 'bob' })).toBe(bob)
    expect(await both.verifyNtlm({ ...answer, username: 'aberg' })).toBe(alice)
    expect(directory.proofs).toHaveLength(2)
  })

  it('are none for Basic and tickets, which are the directory’s', async () => {
    const { both, directory, file, credentials } = await open()
    expect(await both.verifyPassword(domain, 'alice', 'Password', '192.0.2.1')).toBe(alice)
    expect(await both.verifyPassword(domain, 'alice', 'Im-Password', '192.0.2.1')).toBeUndefined()
    directory.ticket = { username: 'EXAMPLE\\aberg', reply: new Uint8Array() }
    expect((await both.verifyTicket?.(domain, new Uint8Array(9)))?.node).toBe(alice)
    expect(both.ntDomain).toBe('EXAMPLE')
    const withoutBind = new ImPasswordCredentials(file, credentials, file)
    expect(await withoutBind.verifyPassword(domain, 'alice', 'Im-Password', '192.0.2.1')).toBe(userUrl(domain, 'alice'))
  })
})

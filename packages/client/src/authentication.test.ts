import { describe, expect, it } from 'vitest'
import { parseChallenges } from './authentication.ts'
import { BasicAuthentication } from './basic-authentication.ts'

describe('parseChallenges', () => {
  it('reads one challenge of each header', () => {
    const [negotiate, ntlm, digest] = parseChallenges([
      'Negotiate',
      'NTLM TlRMTVNTUAAC',
      'Digest realm="im.example.com", nonce="a=:b", qop="auth", algorithm=MD5, stale=false',
    ])
    expect(negotiate?.scheme).toBe('negotiate')
    expect(ntlm).toMatchObject({ scheme: 'ntlm', token: 'TlRMTVNTUAAC' })
    expect(Object.fromEntries(digest?.parameters ?? [])).toEqual({
      realm: 'im.example.com',
      nonce: 'a=:b',
      qop: 'auth',
      algorithm: 'MD5',
      stale: 'false',
    })
  })

  it('takes commas and escapes inside quotes for part of the value', () => {
    const [challenge] = parseChallenges(['Digest realm="a, \\"b\\"", qop="auth,auth-int"'])
    expect(challenge?.parameters.get('realm')).toBe('a, "b"')
    expect(challenge?.parameters.get('qop')).toBe('auth,auth-int')
  })
})

describe('Basic, RFC 7617', () => {
  const challenges = parseChallenges(['Basic realm="im.example.com"'])
  const authentication = new BasicAuthentication({ user: 'alice', password: 'pass:wörd' })

  const target = { method: 'ACL', uri: '/', origin: 'https://im.example.com', foreign: false }

  it('answers over TLS, once', async () => {
    const attempt = authentication.attempt(target)
    expect(attempt.first()).toBeUndefined()
    expect(await attempt.next(challenges)).toBe(`Basic ${Buffer.from('alice:pass:wörd').toString('base64')}`)
    expect(await attempt.next(challenges)).toBeUndefined()
  })

  it('never gives the password away in plain text', async () => {
    const attempt = authentication.attempt({ ...target, origin: 'http://im.example.com' })
    expect(await attempt.next(challenges)).toBeUndefined()
  })

  it('never gives the password to a server that the user has not named', async () => {
    const attempt = authentication.attempt({ ...target, origin: 'https://elsewhere.example', foreign: true })
    expect(await attempt.next(challenges)).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { parseChallenges } from './authentication.ts'
import { DigestAuthentication, digestResponse } from './digest-authentication.ts'

const random = { fraction: () => 0, guid: () => '0a4f113b-0000-4000-a000-000000000000' }
const target = { method: 'PROPFIND', uri: '/instmsg/aliases/alice', origin: 'http://home.example.com', foreign: false }

function challenge(nonce: string, more = 'qop="auth", algorithm=MD5, stale=false') {
  return parseChallenges(['Negotiate', 'NTLM', `Digest realm="im.example.com", nonce="${nonce}", ${more}`])
}

function newAuthentication() {
  return new DigestAuthentication({ user: 'alice', password: 'secret' }, random)
}

describe('Digest, RVP §6.2', () => {
  it('computes the response of the example in RFC 2617 §3.5', () => {
    expect(
      digestResponse({
        user: 'Mufasa',
        password: 'Circle Of Life',
        realm: 'testrealm@host.com',
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        method: 'GET',
        uri: '/dir/index.html',
        qop: { nonceCount: '00000001', cnonce: '0a4f113b' },
      }),
    ).toBe('6629fae49393a05397450978507c4ef1')
  })

  it('waits for the first challenge, then answers each request at once with a count that grows', async () => {
    const authentication = newAuthentication()
    const first = authentication.attempt(target)
    expect(first.first()).toBeUndefined()
    expect(await first.next(challenge('n1'))).toContain('nc=00000001')
    expect(authentication.attempt(target).first()).toContain('nonce="n1", nc=00000002')
    expect(authentication.attempt(target).first()).toContain('nonce="n1", nc=00000003')
  })

  it('takes a new nonce when the one it kept is refused', async () => {
    const authentication = newAuthentication()
    await authentication.attempt(target).next(challenge('n1'))
    const later = authentication.attempt(target)
    expect(later.first()).toContain('nonce="n1"')
    expect(await later.next(challenge('n2'))).toContain('nonce="n2", nc=00000001')
  })

  it('gives up when the answer to a fresh nonce is refused, unless that was stale', async () => {
    const attempt = newAuthentication().attempt(target)
    expect(await attempt.next(challenge('n1'))).toContain('nonce="n1"')
    expect(await attempt.next(challenge('n2', 'qop="auth", stale=true'))).toContain('nonce="n2"')
    expect(await attempt.next(challenge('n3'))).toBeUndefined()
  })

  it('keeps the nonces of two servers apart', async () => {
    const authentication = newAuthentication()
    await authentication.attempt(target).next(challenge('n1'))
    expect(authentication.attempt({ ...target, origin: 'http://other.example.com' }).first()).toBeUndefined()
  })

  it('answers in the form of RFC 2069 when no qop is offered', async () => {
    const answer = await newAuthentication().attempt(target).next(challenge('n1', 'opaque="o"'))
    expect(answer).not.toContain('qop')
    expect(answer).not.toContain('nc=')
    expect(answer).toContain('opaque="o"')
  })

  it('does not answer SHA-256, qop auth-int alone, or values that would need escaping', async () => {
    for (const more of ['algorithm=SHA-256', 'qop="auth-int"', 'opaque="a\\"b"']) {
      expect(await newAuthentication().attempt(target).next(challenge('n1', more))).toBeUndefined()
    }
  })
})

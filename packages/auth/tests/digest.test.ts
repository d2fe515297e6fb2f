import { describe, expect, it } from 'vitest'
import { challengesOf, digest, nonceOf, openAuthenticator, proved, request } from './open-authenticator.ts'

function open() {
  const { authenticator, clock } = openAuthenticator({ schemes: { digest: true, ntlm: false, basic: true } })
  const connection = authenticator.connection()
  return { authenticator, clock, connection, nonce: nonceOf(connection.authenticate(request())) }
}

describe('Digest, client-facts §1.10', () => {
  it('[R36] takes answers of RFC 2617, as librvp writes them, and of RFC 2069', () => {
    for (const qop of [true, false]) {
      const { connection, nonce } = open()
      expect(connection.authenticate(request(digest({ nonce, qop })))).toEqual(proved('digest'))
    }
  })

  it('[R36] takes quoted and unquoted parameters and upper-case hexadecimal', () => {
    const { connection, nonce } = open()
    const miranda = digest({ nonce }).replace('nc=00000001', 'nc="00000001"').replace('qop="auth"', 'qop=auth')
    expect(connection.authenticate(request(miranda))).toEqual(proved('digest'))
    const upper = digest({ nonce, nc: '0000000A' }).replace(/response="(\w+)"/, (text) => {
      return text.replace(/"\w+"/, (hex) => hex.toUpperCase())
    })
    expect(connection.authenticate(request(upper))).toEqual(proved('digest'))
  })

  it('[R36] takes any number of answers with the count 1 under one nonce, but none twice', () => {
    const { authenticator, connection, nonce } = open()
    const first = digest({ nonce })
    expect(connection.authenticate(request(first))).toEqual(proved('digest'))
    expect(connection.authenticate(request(digest({ nonce, cnonce: 'ff' })))).toEqual(proved('digest'))
    for (const where of [connection, authenticator.connection()]) {
      const again = where.authenticate(request(first))
      expect(challengesOf(again)[0]).toMatch(/^Digest .*, stale=true$/)
      expect(nonceOf(again)).not.toBe(nonce)
    }
  })

  it('takes rising counts on connections that share a nonce', () => {
    const { authenticator, connection, nonce } = open()
    for (const nc of ['00000001', '00000003', '00000002', '0000000a']) {
      expect(authenticator.connection().authenticate(request(digest({ nonce, nc })))).toEqual(proved('digest'))
    }
    expect(challengesOf(connection.authenticate(request(digest({ nonce, nc: '00000002' }))))[0]).toMatch(/stale=true$/)
  })

  it.each([
    ['alice', undefined],
    ['/alice', undefined],
    ['CORP/alice', undefined],
    ['CORP\\alice', undefined],
    ['CORP\\\\alice', 'CORP\\alice'],
    ['alice@im.example.com', undefined],
  ])('[R37] hashes the user name as sent: %s', (username, hashed) => {
    const { connection, nonce } = open()
    const choice = hashed === undefined ? { nonce, username } : { nonce, username, hashed }
    expect(connection.authenticate(request(digest(choice)))).toEqual(proved('digest'))
  })

  it('[R38] demands that uri is the target as sent, also in its physical or absolute form', () => {
    const { connection, nonce } = open()
    const physical = '/instmsg/local/im.example.com/instmsg/aliases/alice'
    const path = '/instmsg/aliases/alice'
    const pairs = [
      [physical, physical],
      [path, `http://im.example.com${path}`],
      [`http://im.example.com${path}`, path],
    ] as const
    pairs.forEach(([uri, target], at) => {
      const answer = digest({ nonce, uri, cnonce: `${at}` })
      expect(connection.authenticate(request(answer, { target }))).toEqual(proved('digest'))
    })
    const elsewhere = request(digest({ nonce, cnonce: 'ff' }), { target: '/instmsg/aliases/bob' })
    expect(challengesOf(connection.authenticate(elsewhere))).toHaveLength(1)
  })

  it('[R41] challenges a request without credentials on every new connection', () => {
    const { authenticator } = open()
    const nonces = Array.from({ length: 50 }, () => nonceOf(authenticator.connection().authenticate(request())))
    expect(new Set(nonces).size).toBe(50)
  })

  it('says that a nonce is stale when it is too old or of another server', () => {
    const { clock, connection, nonce } = open()
    const foreign = digest({ nonce: 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldY' })
    expect(challengesOf(connection.authenticate(request(foreign)))[0]).toMatch(/, stale=true$/)
    clock.elapse(120_000)
    const stale = connection.authenticate(request(digest({ nonce })))
    expect(challengesOf(stale)[0]).toMatch(/, stale=true$/)
    expect(connection.authenticate(request(digest({ nonce: nonceOf(stale) })))).toEqual(proved('digest'))
  })

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an unknown account', { username: 'nobody' }],
    ['a disabled account', { username: 'disabled' }],
  ])('answers %s with the same challenge', (_, choice) => {
    const { connection, nonce } = open()
    const [challenge, ...more] = challengesOf(connection.authenticate(request(digest({ nonce, ...choice }))))
    expect(challenge).toMatch(/^Digest realm="parley", nonce="[^"]+", qop="auth", algorithm=MD5, stale=false$/)
    expect(more).toEqual([])
  })

  it('does not take an answer for another method, realm or domain', () => {
    const { connection, nonce } = open()
    const answer = digest({ nonce })
    expect(challengesOf(connection.authenticate(request(answer, { method: 'ACL' })))).toHaveLength(1)
    expect(challengesOf(connection.authenticate(request(answer, { domain: 'other.example' })))).toHaveLength(1)
    const otherRealm = answer.replace('realm="parley"', 'realm="other"')
    expect(challengesOf(connection.authenticate(request(otherRealm)))).toHaveLength(1)
  })
})

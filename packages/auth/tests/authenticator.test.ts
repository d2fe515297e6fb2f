import type { CredentialSource } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { challengesOf, digest, nonceOf, openAuthenticator, proved, request } from './open-authenticator.ts'

const all = { digest: true, ntlm: true, basic: true }
const digestForm = /^Digest realm="parley", nonce="[A-Za-z0-9+/]{32}", qop="auth", algorithm=MD5, stale=false$/
const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** A source whose password checks wait until the test answers them. */
function slowSource() {
  const waiting: { password: string; answer(right: boolean): void }[] = []
  const credentials: CredentialSource = {
    realm: 'parley',
    verifyDigest: () => undefined,
    verifyNtlm: () => undefined,
    verifyPassword(domain, username, password) {
      const { promise, resolve } = Promise.withResolvers<ReturnType<typeof userUrl> | undefined>()
      waiting.push({ password, answer: (right) => resolve(right ? userUrl(domain, username) : undefined) })
      return promise
    },
  }
  return { credentials, waiting }
}

describe('challenges, client-facts §1.10', () => {
  it('[R34] come as Negotiate, NTLM, Digest in headers of their own, stale last, when NTLMv1 is allowed', () => {
    const { authenticator } = openAuthenticator({ allowNtlmv1: true })
    const challenges = challengesOf(authenticator.connection().authenticate(request()))
    expect(challenges).toEqual(['Negotiate', 'NTLM', expect.stringMatching(digestForm)])
  })

  it('[R34] come as Digest, NTLM when NTLMv1 is refused, so that librvp chooses what it can do', () => {
    const { authenticator } = openAuthenticator()
    const challenges = challengesOf(authenticator.connection().authenticate(request()))
    expect(challenges).toEqual([expect.stringMatching(digestForm), 'NTLM'])
  })

  it('[R34] are exactly one Digest when NTLM is off', () => {
    const { authenticator } = openAuthenticator({ schemes: { ...all, ntlm: false } })
    const challenges = challengesOf(authenticator.connection().authenticate(request()))
    expect(challenges).toEqual([expect.stringMatching(digestForm)])
  })

  it('[R34] end with Basic over TLS only', () => {
    const secure = request(undefined, { encrypted: true })
    const withNtlm = openAuthenticator({ allowNtlmv1: true }).authenticator.connection().authenticate(secure)
    expect(challengesOf(withNtlm).map((text) => text.split(' ')[0])).toEqual(['Negotiate', 'NTLM', 'Digest', 'Basic'])
    const without = openAuthenticator({ schemes: { ...all, ntlm: false } }).authenticator.connection()
    expect(challengesOf(without.authenticate(secure))[1]).toBe('Basic realm="parley"')
  })

  it('answer every header that is no credential of an offered scheme', () => {
    const { authenticator } = openAuthenticator({ schemes: { digest: false, ntlm: true, basic: false } })
    const connection = authenticator.connection()
    const broken = fc.constantFrom('Digest ', 'NTLM ', 'Negotiate ', 'Basic ', 'Bearer ', 'NTLM', '')
    fc.assert(
      fc.property(broken, fc.string(), (scheme, text) => {
        expect(challengesOf(connection.authenticate(request(scheme + text, { encrypted: true })))).toEqual([
          'Negotiate',
          'NTLM',
        ])
      }),
    )
  })

  it('answer two Authorization headers, even if either were right', () => {
    const connection = openAuthenticator().authenticator.connection()
    const right = digest({ nonce: nonceOf(connection.authenticate(request())) })
    const both = { ...request(), authorization: [right, right] }
    expect(challengesOf(connection.authenticate(both))).toHaveLength(2)
  })
})

describe('Basic, RFC 7617', () => {
  it('is taken over TLS only', async () => {
    const connection = openAuthenticator().authenticator.connection()
    const right = basic('alice', 'Password')
    expect(await connection.authenticate(request(right, { encrypted: true }))).toEqual(proved('basic'))
    expect(challengesOf(connection.authenticate(request(right)))).toHaveLength(2)
  })

  it('asks the source again only after a while', async () => {
    const { credentials, waiting } = slowSource()
    const { authenticator, clock } = openAuthenticator({ credentials })
    const secure = request(basic('alice', 'Password'), { encrypted: true })
    const first = authenticator.connection().authenticate(secure)
    waiting[0]?.answer(true)
    expect(await first).toEqual(proved('basic'))
    expect(authenticator.connection().authenticate(secure)).toEqual(proved('basic'))
    expect(waiting).toHaveLength(1)
    clock.elapse(60_000)
    const later = authenticator.connection().authenticate(secure)
    expect(waiting).toHaveLength(2)
    waiting[1]?.answer(false)
    expect(challengesOf(await later)).toHaveLength(3)
  })

  it('checks one guess of a guesser at a time, however many connections it has', async () => {
    const { credentials, waiting } = slowSource()
    const { authenticator } = openAuthenticator({ credentials })
    const guesses = Array.from({ length: 20 }, (_, n) => {
      return authenticator.connection().authenticate(request(basic('alice', `guess${n}`), { encrypted: true }))
    })
    for (let n = 0; n < 5; n++) {
      expect(waiting).toHaveLength(n + 1)
      waiting[n]?.answer(false)
      await guesses[n]
      await Promise.resolve()
    }
    const outcomes = await Promise.all(guesses)
    expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(5).fill('challenge'), ...Array(15).fill('locked')])
    expect(waiting).toHaveLength(5)
  })
})

describe('lockout', () => {
  function guesser(username: string) {
    const { authenticator, clock } = openAuthenticator()
    const guess = (password: string, remoteAddress = '192.0.2.1') => {
      const connection = authenticator.connection()
      const nonce = nonceOf(connection.authenticate(request()))
      return connection.authenticate(request(digest({ nonce, username, password }), { remoteAddress }))
    }
    return { authenticator, clock, guess }
  }

  it('answers a guesser the same whether the account exists or not', () => {
    const [known, unknown] = ['alice', 'nobody'].map((username) => {
      const { guess } = guesser(username)
      return Array.from({ length: 8 }, () => {
        const outcome = guess('wrong')
        if (outcome instanceof Promise) throw new Error('not at once')
        return outcome.kind === 'locked' ? outcome : { kind: outcome.kind }
      })
    })
    expect(known).toEqual(unknown)
    expect(known?.at(-1)).toEqual({ kind: 'locked', retryAfterSeconds: 2 })
  })

  it('refuses even the right password while the guesser waits, but not from another address', () => {
    const { clock, guess } = guesser('alice')
    for (let n = 0; n < 5; n++) guess('wrong')
    expect(guess('Password')).toEqual({ kind: 'locked', retryAfterSeconds: 2 })
    expect(guess('Password', '192.0.2.2')).toEqual(proved('digest'))
    clock.elapse(2000)
    expect(guess('Password')).toEqual(proved('digest'))
  })

  it('counts neither requests without credentials nor stale nonces nor broken headers', () => {
    const { authenticator, guess } = guesser('alice')
    const connection = authenticator.connection()
    for (let n = 0; n < 100; n++) {
      connection.authenticate(request())
      connection.authenticate(request(digest({ nonce: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', password: 'wrong' })))
      connection.authenticate(request('Digest username="alice"'))
      connection.authenticate(request('NTLM AAAA'))
    }
    expect(guess('Password')).toEqual(proved('digest'))
  })

  it('goes on serving a connection that has proved the account, whatever a neighbour at its address tries', () => {
    const { authenticator, guess } = guesser('alice')
    const connection = authenticator.connection()
    const nonce = nonceOf(connection.authenticate(request()))
    expect(connection.authenticate(request(digest({ nonce })))).toEqual(proved('digest'))
    for (let n = 0; n < 9; n++) guess('wrong')
    expect(connection.authenticate(request(digest({ nonce, nc: '00000002' })))).toEqual(proved('digest'))
  })

  it('is not cleared by replaying an answer that was right', () => {
    const { authenticator, guess } = guesser('alice')
    const connection = authenticator.connection()
    const seen = digest({ nonce: nonceOf(connection.authenticate(request())) })
    connection.authenticate(request(seen))
    for (let n = 0; n < 5; n++) {
      guess('wrong')
      if (n < 4) authenticator.connection().authenticate(request(seen))
    }
    expect(guess('wrong')).toEqual({ kind: 'locked', retryAfterSeconds: 2 })
  })
})

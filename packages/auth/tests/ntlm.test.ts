import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ntlm2Session, ntlmv1, ntlmv2, readType2, type1, type3 } from './ntlm-client.ts'
import { challengesOf, digest, nonceOf, ntHash, openAuthenticator, proved, request } from './open-authenticator.ts'

/** librvp's: Unicode, OEM, request target, NTLM; Net::RVP's; and those of a Windows client. */
const classicFlags = [0x207, 0xb207]
const modernFlags = 0xa2088207
const sessionSecurity = 0x80000

function open(allowNtlmv1 = false) {
  const { authenticator } = openAuthenticator({ allowNtlmv1 })
  const connection = authenticator.connection()
  function handshake(flags = modernFlags, scheme = 'NTLM') {
    const [challenge = '', ...more] = challengesOf(connection.authenticate(request(`${scheme} ${type1(flags)}`)))
    expect(more).toEqual([])
    expect(challenge.startsWith(`${scheme} `)).toBe(true)
    return readType2(challenge.slice(scheme.length + 1))
  }
  const answer = (message: Parameters<typeof type3>[0], scheme = 'NTLM') => {
    return connection.authenticate(request(`${scheme} ${type3(message)}`))
  }
  return { connection, handshake, answer }
}

describe('NTLM, MS-NLMP §3.2.5 over HTTP', () => {
  it('[R39] challenges with the bare word first, then with a type 2 alone', () => {
    const { connection, handshake } = open()
    expect(challengesOf(connection.authenticate(request()))[1]).toBe('NTLM')
    const type2 = handshake()
    expect(type2).toMatchObject({ signature: 'NTLMSSP\0', type: 2 })
    expect(type2.flags & sessionSecurity).toBe(sessionSecurity)
  })

  it('[R39] takes NTLMv2', () => {
    const { handshake, answer } = open()
    expect(answer({ user: 'alice', nt: ntlmv2(ntHash, 'alice', 'CORP', handshake()) })).toEqual(proved('ntlm'))
  })

  it('[R39] takes NTLM2-session', () => {
    const { handshake, answer } = open()
    expect(answer({ user: 'alice', ...ntlm2Session(ntHash, handshake().challenge) })).toEqual(proved('ntlm'))
  })

  it('[R39] takes NTLMv1 over the raw challenge, under flags of 0, only where it is allowed', () => {
    for (const flags of classicFlags) {
      const lax = open(true)
      const type2 = lax.handshake(flags)
      expect(type2.flags & sessionSecurity).toBe(0)
      const nt = ntlmv1(ntHash, type2.challenge)
      expect(lax.answer({ user: 'alice', nt, lm: nt, flags: 0 })).toEqual(proved('ntlm'))
      const strict = open()
      const same = ntlmv1(ntHash, strict.handshake(flags).challenge)
      expect(challengesOf(strict.answer({ user: 'alice', nt: same, lm: same }))[1]).toBe('NTLM')
    }
  })

  it('[R39] offers NTLM2-session to who asks for it, even where NTLMv1 is allowed', () => {
    expect(open(true).handshake(modernFlags).flags & sessionSecurity).toBe(sessionSecurity)
  })

  it('[R39] reads nothing else of a type 1, and Unicode names as well as OEM names of a type 3', () => {
    const { connection, answer } = open()
    const garbage = Buffer.from(`NTLMSSP\0\x01\0\0\0${'\xff'.repeat(30)}`, 'latin1').toString('base64')
    const [challenge = ''] = challengesOf(connection.authenticate(request(`NTLM ${garbage}`)))
    const nt = ntlmv2(ntHash, 'alice', 'CORP', readType2(challenge.slice(5)))
    expect(answer({ user: 'alice', nt, flags: 0x2, encoding: 'latin1' })).toEqual(proved('ntlm'))
  })

  it('[R35] takes raw NTLM tokens under Negotiate, and challenges anew after SPNEGO', () => {
    const { connection, handshake, answer } = open()
    const nt = ntlmv2(ntHash, 'alice', 'CORP', handshake(modernFlags, 'Negotiate'))
    expect(answer({ user: 'alice', nt }, 'Negotiate')).toEqual(proved('negotiate'))
    const spnego = Buffer.from('604806062b0601050502a03e303c', 'hex').toString('base64')
    expect(challengesOf(connection.authenticate(request(`Negotiate ${spnego}`)))).toHaveLength(2)
  })

  it('[R40] remembers success for the connection, and takes a new handshake on any request', () => {
    const { connection, handshake, answer } = open()
    for (let round = 0; round < 3; round++) {
      const nt = ntlmv2(ntHash, 'alice', 'CORP', handshake())
      expect(answer({ user: 'alice', nt })).toEqual(proved('ntlm'))
      expect(connection.authenticate(request())).toEqual(proved('ntlm'))
      expect(connection.authenticate(request())).toEqual(proved('ntlm'))
    }
  })

  it('[R40] remembers nothing for other connections, nor while or after a handshake fails', () => {
    const { authenticator } = openAuthenticator()
    const first = authenticator.connection()
    const type2 = readType2((challengesOf(first.authenticate(request(`NTLM ${type1(0)}`)))[0] ?? '').slice(5))
    const token = type3({ user: 'alice', nt: ntlmv2(ntHash, 'alice', 'CORP', type2) })
    expect(challengesOf(authenticator.connection().authenticate(request(`NTLM ${token}`)))).toHaveLength(2)
    expect(first.authenticate(request(`NTLM ${token}`))).toEqual(proved('ntlm'))
    expect(challengesOf(authenticator.connection().authenticate(request()))).toHaveLength(2)
    first.authenticate(request(`NTLM ${type1(0)}`))
    expect(challengesOf(first.authenticate(request()))).toHaveLength(2)
    first.authenticate(request(`NTLM ${token}`))
    expect(challengesOf(first.authenticate(request()))).toHaveLength(2)
  })

  it('takes one answer to a challenge only', () => {
    const { connection, handshake, answer } = open()
    const type2 = handshake()
    expect(challengesOf(answer({ user: 'alice', nt: Buffer.alloc(24) }))).toHaveLength(2)
    expect(challengesOf(answer({ user: 'alice', nt: ntlmv2(ntHash, 'alice', 'CORP', type2) }))).toHaveLength(2)
    expect(challengesOf(connection.authenticate(request()))).toHaveLength(2)
  })

  it('challenges differently each time', () => {
    const { handshake } = open()
    const challenges = Array.from({ length: 50 }, () => handshake().challenge.toString('hex'))
    expect(new Set(challenges).size).toBe(50)
  })

  it.each([
    ['a wrong password', 'alice', Buffer.alloc(16)],
    ['an unknown account', 'nobody', ntHash],
    ['a disabled account', 'disabled', ntHash],
  ])('answers %s with the same challenges', (_, user, hash) => {
    const { handshake, answer } = open()
    const nt = ntlmv2(hash, user, 'CORP', handshake())
    expect(challengesOf(answer({ user, nt })).map((text) => text.split(' ')[0])).toEqual(['Digest', 'NTLM'])
  })

  it('survives any bytes, and lets the connection go on', () => {
    const { connection, handshake } = open()
    const good = Buffer.from(type3({ user: 'alice', nt: Buffer.alloc(60) }), 'base64')
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 }), fc.nat(good.length))
      .map(([changes, length]) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        return bytes.subarray(0, length)
      })
    const anything = fc.uint8Array({ maxLength: 120 })
    fc.assert(
      fc.property(fc.oneof(mutated, anything), fc.constantFrom('NTLM', 'Negotiate'), (bytes, scheme) => {
        const before = open()
        before.handshake()
        const outcome = before.connection.authenticate(request(`${scheme} ${Buffer.from(bytes).toString('base64')}`))
        expect(challengesOf(outcome).length).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
    const nonce = nonceOf(connection.authenticate(request()))
    expect(connection.authenticate(request(digest({ nonce })))).toEqual(proved('digest'))
    handshake()
  })
})

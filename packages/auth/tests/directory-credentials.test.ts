import { isNtlmResponse, NotAskedError, type NtlmAttempt } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ntHash } from './open-authenticator.ts'
import { alice, bob, domain, openDirectory, whileTimePasses } from './open-directory.ts'

const desk = '192.0.2.1'
const locked = { status: 429 }

describe('names of a directory’s users', () => {
  it.each([
    'alice',
    'ALICE',
    '/alice',
    '\\alice',
    'anything\\alice',
    'anything/Alice',
    `alice@${domain}`,
    'alice.berg@example.com',
    'AB@Example.com',
    'EXAMPLE\\aberg',
    'EXAMPLE/ABERG',
    'aberg@ad.example.com',
    'aberg',
    'WORKGROUP\\aberg',
  ])('%s leads to one account and its one budget', async (username) => {
    const { credentials, directory, clock } = await openDirectory()
    expect(await credentials.verifyPassword(domain, username, 'Password', desk)).toBe(alice)
    await credentials.verifyPassword(domain, 'alice.berg@example.com', 'wrong', desk)
    await credentials.verifyPassword(domain, username, 'wrong', desk)
    expect(directory.asked).toEqual(Array(3).fill('id-alice'))
    clock.elapse(5_000)
    await expect(credentials.verifyPassword(domain, username, 'wrong', desk)).rejects.toMatchObject(locked)
  })

  it.each([
    'nobody',
    'alice@elsewhere.example',
    'carol@other.example',
    'made-by-hand',
    'team@example.com',
    'team',
    '',
    '@',
    '__proto__',
    '\0',
    'a'.repeat(2000),
  ])('%j leads to nobody, and the directory is not asked', async (username) => {
    const { credentials, directory, clock } = await openDirectory()
    expect(await whileTimePasses(clock, credentials.verifyPassword(domain, username, 'Password', desk))).toBeUndefined()
    expect(directory.asked).toEqual([])
  })

  it('lead to nobody with an empty password, which a directory takes for none', async () => {
    const { credentials, directory, clock } = await openDirectory()
    expect(await whileTimePasses(clock, credentials.verifyPassword(domain, 'alice', '', desk))).toBeUndefined()
    expect(directory.asked).toEqual([])
  })
})

describe('names in an NTLM answer, of which the Windows domain decides whom they mean', () => {
  const answer: NtlmAttempt = {
    domain,
    username: 'aberg',
    ntDomain: 'EXAMPLE',
    serverChallenge: new Uint8Array(8),
    ntResponse: new Uint8Array(60),
    lmResponse: new Uint8Array(24),
    allowNtlmv1: false,
    address: desk,
  }

  it.each([
    ['EXAMPLE', 'aberg'],
    ['example', 'ABERG'],
    ['', 'aberg'],
    ['ad.example.com', 'aberg'],
    ['', 'aberg@ad.example.com'],
  ])('%s\\%s is asked about as typed', async (ntDomain, username) => {
    const { credentials, directory } = await openDirectory()
    expect(await credentials.verifyNtlm({ ...answer, ntDomain, username })).toBe(alice)
    expect(directory.proofs).toMatchObject([{ ntDomain, username }])
  })

  it.each([
    ['OTHER', 'aberg'],
    ['EXAMPLE', 'alice'],
    ['', 'alice'],
    ['', 'EXAMPLE\\aberg'],
    ['example.com', 'alice.berg'],
    ['EXAMPLE', ''],
  ])('%s\\%s could be somebody else’s, so nobody is asked', async (ntDomain, username) => {
    const { credentials, directory, clock } = await openDirectory()
    const verdict = credentials.verifyNtlm({ ...answer, ntDomain, username })
    expect(await whileTimePasses(clock, verdict)).toBeUndefined()
    expect(directory.proofs).toEqual([])
  })

  it('come with NTLMv2 or NTLM2-session, with NTLMv1 only where it is allowed, and never with an LM answer', async () => {
    const { credentials, directory } = await openDirectory()
    const short = { ...answer, ntResponse: new Uint8Array(24) }
    // MS-NLMP §4.2.3, where the password is "Password".
    const session = Buffer.concat([Buffer.from('aaaaaaaaaaaaaaaa', 'hex'), Buffer.alloc(16)])
    const serverChallenge = Buffer.from('0123456789abcdef', 'hex')
    const ntResponse = Buffer.from('7537f803ae367128ca458204bde7caf81e97ed2683267232', 'hex')
    expect(await credentials.verifyNtlm({ ...short, serverChallenge, ntResponse, lmResponse: session })).toBe(alice)
    const [proof] = directory.proofs
    expect(proof && isNtlmResponse(ntHash, { ...answer, ...proof, allowNtlmv1: true })).toBe(true)
    const lmResponse = new Uint8Array(24).fill(7)
    expect(await credentials.verifyNtlm({ ...short, lmResponse })).toBeUndefined()
    expect(await credentials.verifyNtlm({ ...short, lmResponse, allowNtlmv1: true })).toBe(alice)
    expect(await credentials.verifyNtlm({ ...answer, ntResponse: new Uint8Array(0), lmResponse })).toBeUndefined()
    expect(directory.proofs.map((proof) => proof.lmResponse.length)).toEqual([0, 0])
  })
})

describe('tickets', () => {
  it.each([
    ['EXAMPLE\\aberg', alice],
    ['aberg@AD.EXAMPLE.COM', alice],
    ['EXAMPLE\\bob', bob],
    ['OTHER\\aberg', undefined],
    ['aberg', undefined],
    ['a\\b\\aberg', undefined],
    ['EXAMPLE\\nobody', undefined],
  ])('of %s are %s’s', async (username, node) => {
    const { credentials, directory } = await openDirectory()
    directory.ticket = { username, reply: new Uint8Array([1]) }
    expect((await credentials.verifyTicket?.(domain, new Uint8Array(9)))?.node).toBe(node)
  })

  it('are not taken where nobody can check them', async () => {
    expect((await openDirectory({ kinds: ['passwords'] })).credentials.verifyTicket).toBeUndefined()
  })
})

describe('wrong passwords, promise 7', () => {
  it('never lock an account, whatever is tried from wherever at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('Password', 'wrong', 'worse'), fc.nat(4), fc.nat(3), fc.nat(60_000)), {
          maxLength: 40,
        }),
        async (tries) => {
          const { edge, directory, clock } = await openDirectory()
          const edges = [edge(), edge(), edge(), edge()]
          const all = tries.map(async ([password, address, at, laterMs]) => {
            clock.elapse(laterMs)
            await edges[at]?.verifyPassword(domain, 'alice', password, `192.0.2.${address}`).catch(() => undefined)
          })
          await whileTimePasses(clock, Promise.all(all))
          expect(directory.isAnybodyLocked).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('of one device leave tries for another', async () => {
    const { credentials, directory, clock } = await openDirectory()
    for (let index = 0; index < 2; index++) await credentials.verifyPassword(domain, 'alice', 'old', '192.0.2.66')
    clock.elapse(5_000)
    const refused = credentials.verifyPassword(domain, 'alice', 'old', '192.0.2.66')
    await expect(refused).rejects.toMatchObject({ ...locked, headers: [['Retry-After', expect.any(String)]] })
    expect(directory.asked).toHaveLength(2)
  })

  it('of strangers leave a try for an address where the account has proved itself', async () => {
    const { credentials, clock } = await openDirectory({
      limits: { perAccount: 3, perAddress: 3, windowMs: 1_800_000 },
    })
    expect(await credentials.verifyPassword(domain, 'alice', 'Password', desk)).toBe(alice)
    for (let index = 0; index < 2; index++) await credentials.verifyPassword(domain, 'alice', 'wrong', '203.0.113.5')
    clock.elapse(5_000)
    await expect(credentials.verifyPassword(domain, 'alice', 'wrong', '203.0.113.6')).rejects.toMatchObject(locked)
    expect(await credentials.verifyPassword(domain, 'alice', 'Password', desk)).toBe(alice)
  })

  it('cost names that nobody has the same tries and the same time', async () => {
    const { credentials, directory, clock } = await openDirectory()
    directory.pending = () => new Promise((resolve) => clock.after(300, resolve))
    const took = async (username: string) => {
      const startedAt = clock.elapsed()
      await whileTimePasses(clock, credentials.verifyPassword(domain, username, 'wrong', desk))
      return clock.elapsed() - startedAt
    }
    for (const username of ['alice', 'nobody', 'alice', 'nobody']) {
      // As exactly as the test lets time pass.
      expect(Math.abs((await took(username)) - 310)).toBeLessThanOrEqual(20)
    }
    clock.elapse(5_000)
    for (const username of ['alice', 'nobody']) {
      await expect(credentials.verifyPassword(domain, username, 'wrong', desk)).rejects.toMatchObject(locked)
    }
  })

  it('wait a moment for a try that a right password is about to give back', async () => {
    const { edge, directory, clock } = await openDirectory({
      limits: { perAccount: 1, perAddress: 1, windowMs: 1_800_000 },
    })
    const first = Promise.withResolvers<void>()
    directory.pending = () => first.promise
    const both = [edge(), edge()].map((each) => each.verifyPassword(domain, 'alice', 'Password', desk))
    const done = Promise.all(both)
    await new Promise((resolve) => setImmediate(resolve))
    expect(directory.asked).toHaveLength(1)
    first.resolve()
    expect(await whileTimePasses(clock, done)).toEqual([alice, alice])
  })
})

describe('a directory that is away', () => {
  it('is answered with 503 and when to come back, never with a wrong password', async () => {
    const { credentials, directory } = await openDirectory()
    directory.pending = async () => {
      throw new UnavailableError('the directory cannot be used now', { detail: 'it does not answer' })
    }
    await expect(credentials.verifyPassword(domain, 'alice', 'Password', desk)).rejects.toMatchObject({
      status: 503,
      message: 'it does not answer',
      headers: [['Retry-After', '15']],
    })
    await expect(credentials.verifyTicket?.(domain, new Uint8Array(9))).rejects.toMatchObject({ status: 503 })
  })

  it('costs a try when it may have seen the password, and none when it certainly has not', async () => {
    const { credentials, directory, clock } = await openDirectory()
    for (const [ErrorClass, tries] of [
      [NotAskedError, 9],
      [UnavailableError, 2],
    ] as const) {
      directory.pending = async () => {
        throw new ErrorClass('away')
      }
      for (let index = 0; index < tries; index++) {
        await expect(credentials.verifyPassword(domain, 'alice', 'x', desk)).rejects.toMatchObject({ status: 503 })
      }
    }
    clock.elapse(5_000)
    await expect(credentials.verifyPassword(domain, 'alice', 'x', desk)).rejects.toMatchObject(locked)
  })

  it('is not asked when tries cannot be counted', async () => {
    const { edge, directory } = await openDirectory()
    const away = async (): Promise<never> => {
      throw new UnavailableError('the data store cannot be used now')
    }
    const credentials = edge({ take: away, giveBack: away })
    await expect(credentials.verifyPassword(domain, 'alice', 'Password', desk)).rejects.toMatchObject({ status: 503 })
    expect(directory.asked).toEqual([])
  })

  it('signs in all the same when only the try cannot be given back', async () => {
    const { edge } = await openDirectory()
    const credentials = edge({
      take: async () => ({ kind: 'allowed' }),
      giveBack: async () => {
        throw new UnavailableError('the data store cannot be used now')
      },
    })
    expect(await credentials.verifyPassword(domain, 'alice', 'Password', desk)).toBe(alice)
  })
})

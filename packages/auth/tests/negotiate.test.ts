import { type CredentialSource, CredentialSourceMemory, type TicketOutcome } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseNegotiateToken } from '../src/spnego.ts'
import { kerberosToken, negTokenInit, negTokenResp } from './kerberos-client.ts'
import { ntlmv2, readType2, type1, type3 } from './ntlm-client.ts'
import { challengesOf, ntHash, openAuthenticator, proved, request } from './open-authenticator.ts'

const domain = 'im.example.com'
const accounts = [{ name: 'alice', password: 'Password', ntHash: ntHash.toString('hex'), enabled: true }]
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** A source that takes one ticket, and what it was asked about. */
function ticketSource(ticket: TicketOutcome | undefined) {
  const asked: string[] = []
  const source = new CredentialSourceMemory(domain, 'parley', accounts)
  const credentials: CredentialSource = Object.assign(source, {
    ntDomain: 'EXAMPLE',
    async verifyTicket(_: string, token: Uint8Array) {
      asked.push(base64(token))
      return ticket
    },
  })
  return { credentials, asked }
}

const rightTicket = {
  node: userUrl(domain, 'alice'),
  username: 'EXAMPLE\\alice',
  reply: new Uint8Array([0xa1, 1, 2]),
}

const ticketOf = (use: number, options?: number) =>
  negTokenInit(['kerberos', 'ntlm'], kerberosToken(Buffer.alloc(60, use), options))
const ticket = ticketOf(7)

function open(ticketIs: 'right' | 'wrong' = 'right') {
  const { credentials, asked } = ticketSource(ticketIs === 'right' ? rightTicket : undefined)
  const { authenticator } = openAuthenticator({ credentials })
  const connection = authenticator.connection()
  const negotiate = (token: Uint8Array) => connection.authenticate(request(`Negotiate ${base64(token)}`))
  return { asked, connection, negotiate, authenticator }
}

/** The message of NTLM in an answer. */
function type2In(outcome: Awaited<ReturnType<ReturnType<typeof open>['negotiate']>>) {
  const [challenge = ''] = challengesOf(outcome)
  const token = parseNegotiateToken(challenge.slice('Negotiate '.length))
  if (token?.kind !== 'ntlm') throw new Error('no message of NTLM')
  expect(token.wrapped).toBe(true)
  return readType2(base64(token.message))
}

describe('Negotiate with tickets, RFC 4559', () => {
  it('is offered first, as Windows takes the first scheme that it knows', () => {
    const schemes = challengesOf(open().connection.authenticate(request(undefined, { encrypted: true })))
    expect(schemes.map((text) => text.split(' ')[0])).toEqual(['Negotiate', 'NTLM', 'Digest', 'Basic'])
  })

  it('is offered also where NTLM is off', () => {
    const { credentials } = ticketSource(rightTicket)
    const schemes = { digest: false, ntlm: false, basic: false }
    const { authenticator } = openAuthenticator({ credentials, schemes })
    expect(challengesOf(authenticator.connection().authenticate(request()))).toEqual(['Negotiate'])
  })

  it('takes a ticket, proves us to the client once, and remembers the caller for the connection', async () => {
    const { negotiate, connection, authenticator, asked } = open()
    const outcome = await negotiate(ticket)
    expect(outcome).toEqual({ ...proved('negotiate'), reply: 'Negotiate oQEC' })
    expect(asked).toEqual([base64(ticket)])
    expect(connection.authenticate(request())).toEqual(proved('negotiate'))
    expect(challengesOf(authenticator.connection().authenticate(request()))[0]).toBe('Negotiate')
  })

  it('takes each use of a ticket once, whatever is changed around it, for as long as Kerberos takes it', async () => {
    const { credentials } = ticketSource(rightTicket)
    const { authenticator, clock } = openAuthenticator({ credentials })
    const kindOf = async (token: Uint8Array) => {
      const outcome = await authenticator.connection().authenticate(request(`Negotiate ${base64(token)}`))
      return outcome.kind
    }
    expect(await kindOf(ticket)).toBe('authenticated')
    clock.elapse(9 * 60_000)
    expect(await kindOf(ticketOf(8))).toBe('authenticated')
    for (const again of [ticket, ticketOf(7, 0), kerberosToken(Buffer.alloc(60, 7))]) {
      expect(await kindOf(again)).toBe('challenge')
    }
    clock.elapse(9 * 60_000)
    expect(await kindOf(ticketOf(8))).toBe('challenge')
  })

  it('goes on with NTLM after a ticket that is not right, and forgets who was there', async () => {
    const first = ticketSource(rightTicket)
    const answers = [rightTicket, undefined]
    const credentials = Object.assign(first.credentials, { verifyTicket: async () => answers.shift() })
    const connection = openAuthenticator({ credentials }).authenticator.connection()
    await connection.authenticate(request(`Negotiate ${base64(ticket)}`))
    const challenges = challengesOf(await connection.authenticate(request(`Negotiate ${base64(ticketOf(8))}`)))
    expect(challenges).toEqual(['Negotiate oRUwE6ADCgEBoQwGCisGAQQBgjcCAgo='])
    expect(challengesOf(connection.authenticate(request()))[0]).toBe('Negotiate')
    const withoutNtlm = negTokenInit(['kerberos'], kerberosToken(Buffer.alloc(60, 9)))
    expect(challengesOf(await connection.authenticate(request(`Negotiate ${base64(withoutNtlm)}`)))).toHaveLength(3)
  })

  it('lets no wrong tickets keep others at the address waiting', async () => {
    const { negotiate, connection } = open('wrong')
    for (let index = 0; index < 100; index++) challengesOf(await negotiate(ticket))
    expect(connection.authenticate(request())).toMatchObject({ kind: 'challenge' })
  })
})

describe('NTLM in SPNEGO, RFC 4178', () => {
  it('is unwrapped, and answered in its own form', async () => {
    const { negotiate, connection } = open()
    const type2 = type2In(await negotiate(negTokenInit(['ntlm'], Buffer.from(type1(0xa2088207), 'base64'))))
    const nt = ntlmv2(ntHash, 'alice', 'EXAMPLE', type2)
    const answer = Buffer.from(type3({ user: 'alice', domain: 'EXAMPLE', nt }), 'base64')
    expect(await negotiate(negTokenResp(answer))).toEqual(proved('negotiate'))
    expect(connection.authenticate(request())).toEqual(proved('negotiate'))
  })

  it('is chosen where the client begins with what we cannot do', async () => {
    const { negotiate } = open()
    expect(challengesOf(await negotiate(negTokenInit(['negoex', 'ntlm'], Buffer.alloc(40))))).toHaveLength(1)
    const type2 = type2In(await negotiate(negTokenResp(Buffer.from(type1(0xa2088207), 'base64'))))
    const nt = ntlmv2(ntHash, 'alice', 'EXAMPLE', type2)
    const answer = Buffer.from(type3({ user: 'alice', domain: 'EXAMPLE', nt }), 'base64')
    expect(await negotiate(negTokenResp(answer))).toEqual(proved('negotiate'))
  })

  it('names the Windows domain of the accounts, for users who name none', async () => {
    const { connection } = open()
    const [challenge = ''] = challengesOf(connection.authenticate(request(`NTLM ${type1(0xa2088207)}`)))
    const { targetInfo } = readType2(challenge.slice('NTLM '.length))
    expect(targetInfo.toString('utf16le')).toContain('EXAMPLE')
  })

  it('is challenged with all schemes when it is none', async () => {
    const { negotiate } = open()
    expect(
      challengesOf(await negotiate(negTokenInit(['ntlm'], Buffer.from('NTLMSSP\0\x09\0\0\0\0\0', 'latin1')))),
    ).toHaveLength(3)
    expect(challengesOf(await negotiate(Buffer.from('60', 'hex')))).toHaveLength(3)
  })
})

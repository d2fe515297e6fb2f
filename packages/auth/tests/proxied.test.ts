import { type CredentialSource, CredentialSourceMemory } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { kerberosToken, negTokenInit } from './kerberos-client.ts'
import { ntlmv2, readType2, type1, type3 } from './ntlm-client.ts'
import { challengesOf, digest, nonceOf, ntHash, openAuthenticator, proved, request } from './open-authenticator.ts'

const domain = 'im.example.com'
const proxied = (authorization?: string) => request(authorization, { isProxied: true })
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Takes any ticket, and counts them. */
function open() {
  const alice = { name: 'alice', password: 'Password', ntHash: ntHash.toString('hex'), enabled: true }
  const tickets: string[] = []
  const credentials: CredentialSource = Object.assign(new CredentialSourceMemory(domain, 'parley', [alice]), {
    ntDomain: 'EXAMPLE',
    async verifyTicket(_: string, token: Uint8Array) {
      tickets.push(base64(token))
      return { node: userUrl(domain, 'alice'), username: 'alice', reply: new Uint8Array([1]) }
    },
  })
  return { tickets, ...openAuthenticator({ credentials }) }
}

describe('on the connection of a proxy, which may bring another client’s request next', () => {
  it('only schemes that prove each request are offered, in the order of ever', () => {
    const { authenticator } = open()
    const secure = request(undefined, { isProxied: true, encrypted: true })
    const challenges = challengesOf(authenticator.connection().authenticate(secure))
    expect(challenges.map((challenge) => challenge.split(' ')[0])).toEqual(['Digest', 'Basic'])
  })

  it.each(['NTLM', 'Negotiate'])('a handshake of %s is not begun', (scheme) => {
    const { authenticator } = open()
    const outcome = authenticator.connection().authenticate(proxied(`${scheme} ${type1(0xa2088207)}`))
    expect(challengesOf(outcome).map((challenge) => challenge.split(' ')[0])).toEqual(['Digest'])
  })

  it('a handshake is not ended that was begun without a proxy', () => {
    const { authenticator } = open()
    const connection = authenticator.connection()
    const [challenge = ''] = challengesOf(connection.authenticate(request(`NTLM ${type1(0xa2088207)}`)))
    const nt = ntlmv2(ntHash, 'alice', 'CORP', readType2(challenge.slice('NTLM '.length)))
    const answer = `NTLM ${type3({ user: 'alice', nt })}`
    expect(connection.authenticate(proxied(answer))).toMatchObject({ kind: 'challenge' })
    expect(connection.authenticate(request(answer))).toMatchObject(proved('ntlm'))
  })

  it('a ticket is not even looked at', () => {
    const { authenticator, tickets } = open()
    const ticket = negTokenInit(['kerberos', 'ntlm'], kerberosToken(Buffer.alloc(60, 7)))
    const outcome = authenticator.connection().authenticate(proxied(`Negotiate ${base64(ticket)}`))
    expect(challengesOf(outcome).map((challenge) => challenge.split(' ')[0])).toEqual(['Digest'])
    expect(tickets).toEqual([])
  })

  it('Digest proves a request, and nothing about the next one', () => {
    const { authenticator } = open()
    const nonce = nonceOf(authenticator.connection().authenticate(proxied()))
    const connection = authenticator.connection()
    expect(connection.authenticate(proxied(digest({ nonce })))).toMatchObject(proved('digest'))
    expect(connection.authenticate(proxied())).toMatchObject({ kind: 'challenge' })
  })
})

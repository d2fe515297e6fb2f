import { describe, expect, it } from 'vitest'
import { composeServe } from '../src/compose-serve.ts'
import { type ServeConfigInput, serveConfig } from '../src/config.ts'
import { createLogger } from '../src/logger.ts'
import { TemporaryOffice } from './temporary-office.ts'

const node = '/instmsg/aliases/alice'
const right = basicOf('alice')

function basicOf(password: string): string {
  return `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`
}

/** An office to which this machine is a proxy, unless `config` says otherwise. */
async function openOffice(config: Partial<ServeConfigInput> = {}) {
  const office = await TemporaryOffice.open(['alice'])
  const lines: string[] = []
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) })
  const server = composeServe(office.config({ trustedProxies: ['127.0.0.1'], ...config }), { logger })
  await server.start()
  const [url] = server.urls
  return {
    /** Asks as a proxy does for a client at `from`, which came over TLS. */
    ask: async (method: string, from: string, headers: Record<string, string> = {}) => {
      const forwarded = { 'x-forwarded-for': from, 'x-forwarded-proto': 'https' }
      const response = await fetch(`${url}${node}`, { method, headers: { ...forwarded, ...headers } })
      return { status: response.status, challenges: response.headers.get('www-authenticate') ?? '' }
    },
    peers: () => lines.map((line) => JSON.parse(line).peer).filter((peer) => peer !== undefined),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await office[Symbol.asyncDispose]()
    },
  }
}

describe('a client behind a trusted proxy', () => {
  it('is offered Basic over TLS, and no scheme that proves a connection', async () => {
    await using office = await openOffice()
    const { challenges } = await office.ask('PROPFIND', '203.0.113.7')
    expect(challenges).toMatch(/^Digest .*, Basic realm/)
    expect(challenges).not.toMatch(/NTLM|Negotiate/)
  })

  it('is logged, and signs in, with its own address', async () => {
    await using office = await openOffice()
    expect((await office.ask('SUBSCRIPTIONS', '203.0.113.7', { authorization: right })).status).toBe(200)
    expect(office.peers()).toEqual(['203.0.113.7'])
  })

  it('may give a Call-Back at its own address only', async () => {
    await using office = await openOffice({ callBacks: { insecureLoopback: true } })
    const subscribe = async (from: string) => {
      const kind = { 'notification-type': 'pragma/notify', 'subscription-lifetime': '600' }
      const headers = { authorization: right, 'call-back': 'http://127.0.0.1:5000/', ...kind }
      return (await office.ask('SUBSCRIBE', from, headers)).status
    }
    // That is where the proxy is.
    expect(await subscribe('192.0.2.7')).toBe(403)
    expect(await subscribe('127.0.0.9')).toBe(200)
  })

  it('waits alone when it guesses: its neighbours behind the proxy do not', async () => {
    await using office = await openOffice()
    const guess = async (from: string) => (await office.ask('PROPFIND', from, { authorization: basicOf('x') })).status
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push(await guess('203.0.113.7'))
    expect(statuses.at(-1)).toBe(429)
    expect((await office.ask('SUBSCRIPTIONS', '203.0.113.8', { authorization: right })).status).toBe(200)
    // Nor does it help to claim that it came from elsewhere: the proxy writes where it saw it.
    expect((await office.ask('SUBSCRIPTIONS', '198.51.100.1, 203.0.113.7', { authorization: right })).status).toBe(429)
  })
})

describe('a client that only says that it is a proxy', () => {
  it('is taken by its own address, and as not encrypted', async () => {
    await using office = await openOffice({ trustedProxies: ['192.0.2.1'] })
    const { challenges } = await office.ask('PROPFIND', '203.0.113.7')
    expect(challenges).toMatch(/^Digest .*, NTLM$/)
    expect(office.peers()).toEqual(['127.0.0.1'])
  })
})

describe('trustedProxies', () => {
  it.each([['0.0.0.0/0'], ['::/0'], ['::ffff:0:0/96'], ['0.0.0.0/1', '128.0.0.0/1']])(
    'may not be %s: whoever connects could say to be anybody',
    (...networks) => {
      const parsed = serveConfig.safeParse({
        domains: [{ name: 'im.example.com' }],
        data: 'data',
        users: 'users.yaml',
        trustedProxies: networks,
      })
      expect(parsed.error?.message).toContain('must not be all addresses')
    },
  )

  it('are refused where nobody could sign in through them', async () => {
    await expect(openOffice({ auth: { digest: false, basic: false } })).rejects.toThrow('auth.digest')
  })
})

import { type AuthOutcome, ManualClock, systemIds } from '@parley/domain'
import { ForbiddenError, TooManyRequestsError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'
import { createEdge, type EdgeOptions } from './edge.ts'
import type { FinishedRequest } from './edge-events.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'
import { StreamHub } from './stream-hub.ts'
import { plainRequest } from './testing/plain-request.ts'

const alice = userUrl('im.example.com', 'alice')
const authenticated: AuthOutcome = { kind: 'authenticated', identity: { principal: alice, scheme: 'digest' } }

/** An edge in front of `service`, and what it reported. */
function open({
  service = () => ({ status: 200 }),
  outcome = authenticated,
  accounts = () => ({ displayName: 'Alice' }),
  renamed,
}: {
  service?: (request: RvpRequest) => RvpResponse
  outcome?: AuthOutcome
  accounts?: EdgeOptions['accounts']
  renamed?: EdgeOptions['renamed']
} = {}) {
  const finished: FinishedRequest[] = []
  const handle = createEdge({
    addressing: new Addressing([{ domain: 'im.example.com', aliases: [] }]),
    authenticator: { connection: () => ({ authenticate: () => outcome }) },
    accounts,
    renamed,
    service: { handle: async (request) => service(request) },
    streams: new StreamHub({ clock: new ManualClock(), ids: systemIds }),
    clock: new ManualClock(),
    ids: { number: () => 1, token: () => 'abcdefghijkl' },
    events: { requestFinished: (request) => void finished.push(request), signInFailed: () => {} },
  })
  return { handle, finished }
}

function request(method: string, headers: Readonly<Record<string, string>> = {}, body = ''): HttpRequest {
  const target = '/instmsg/aliases/bob'
  return plainRequest({ method, target, headers: { host: 'im.example.com', ...headers }, body })
}

const headerOf = ({ headers }: HttpResponse, name: string) => headers.find(([given]) => given === name)?.[1]

describe('other methods, RVP §5.8', () => {
  it.each([
    ['GET', 501],
    ['HEAD', 501],
    ['POST', 501],
    ['PUT', 501],
    ['LOCK', 501],
    ['UNLOCK', 501],
    ['OPTIONS', 501],
    ['COPY', 405],
    ['MOVE', 405],
    ['subscribe', 501],
    ['TOString', 501],
    ['__proto__', 501],
  ])('%s is answered with %i, before anybody is asked who he is', async (method, status) => {
    const { handle } = open({ outcome: { kind: 'challenge', challenges: ['NTLM'] } })
    expect((await handle(request(method))).status).toBe(status)
  })
})

describe('the paths of streams', () => {
  it.each([
    ['/instmsg/streams/unknown', 404],
    ['http://im.example.com/instmsg/streams/unknown', 404],
    ['/elsewhere/instmsg/streams/unknown', 501],
    ['http://im.example.com/elsewhere/instmsg/streams/unknown', 501],
  ])('GET %s is answered with %i, without credentials [R3]', async (target, status) => {
    const { handle } = open({ outcome: { kind: 'challenge', challenges: ['NTLM'] } })
    expect((await handle({ ...request('GET'), target })).status).toBe(status)
  })
})

describe('errors', () => {
  it('are told with their reason and the request’s id; what we know privately stays with us', async () => {
    const { handle, finished } = open({
      service: () => {
        throw new ForbiddenError('the list says no', { detail: 'private', cause: new Error('secret') })
      },
    })
    const answer = await handle(request('ACL'))
    expect(answer.status).toBe(403)
    const reqId = finished[0]?.reqId ?? ''
    expect(answer.body).toBe(`the list says no (request ${reqId})\n`)
    expect(finished).toMatchObject([{ reqId, status: 403, principal: alice, method: 'ACL', peer: '10.0.0.1' }])
  })

  it('carry the headers that they need', async () => {
    const { handle } = open({
      service: () => {
        throw new TooManyRequestsError('slowly', { headers: [['Retry-After', '60']] })
      },
    })
    const answer = await handle(request('ACL'))
    expect([answer.status, headerOf(answer, 'Retry-After')]).toEqual([429, '60'])
  })

  it('that are bugs are a bare 500, and all is kept for us', async () => {
    const bug = new TypeError('cannot read the password of undefined')
    const { handle, finished } = open({
      service: () => {
        throw bug
      },
    })
    const answer = await handle(request('NOTIFY', {}, 'the text'))
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('password')
    expect(finished).toMatchObject([{ status: 500, err: bug }])
    expect(JSON.stringify(finished)).not.toContain('the text')
  })

  it('in a header are the sender’s: 400', async () => {
    const { handle } = open()
    expect((await handle(request('ACL', { 'rvp-from-principal': 'not a url' }))).status).toBe(400)
  })
})

describe('the caller, promise 5', () => {
  it.each([
    ['another user', 'http://im.example.com/instmsg/aliases/bob'],
    ['the same name in another domain', 'http://im.elsewhere.example/instmsg/aliases/alice'],
    ['the caller’s name in percent signs', 'http://im.example.com/instmsg/aliases/%61lice'],
    ['a node below the caller’s', 'http://im.example.com/instmsg/aliases/alice/x'],
  ])('cannot be %s', async (_, claimed) => {
    const { handle } = open()
    expect((await handle(request('ACL', { 'rvp-from-principal': claimed }))).status).toBe(403)
  })

  it('is known by any of its spellings, and called by the one it uses', async () => {
    const seen: RvpRequest[] = []
    const { handle } = open({
      service: (one) => {
        seen.push(one)
        return { status: 200 }
      },
    })
    await handle(request('ACL', { 'rvp-from-principal': ' http://IM.example.com:80/instmsg/aliases/Alice ' }))
    await handle(request('ACL'))
    expect(seen.map(({ callerHref }) => callerHref)).toEqual(['http://IM.example.com:80/instmsg/aliases/Alice', alice])
  })

  it('who has proved nothing is challenged, each scheme in a header of its own; a guesser has to wait', async () => {
    const challenged = await open({ outcome: { kind: 'challenge', challenges: ['NTLM', 'Digest x'] } }).handle(
      request('ACL'),
    )
    expect(challenged.status).toBe(401)
    expect(challenged.headers.filter(([name]) => name === 'WWW-Authenticate')).toHaveLength(2)
    const locked = await open({ outcome: { kind: 'locked', retryAfterSeconds: 7 } }).handle(request('ACL'))
    expect([locked.status, headerOf(locked, 'Retry-After')]).toEqual([429, '7'])
  })
})

describe('answers', () => {
  it('carry the version, and text/xml with XML [R9] [R11]', async () => {
    const { handle } = open({ service: () => ({ status: 207, xml: '<d:x/>', headers: [['Subscription-Id', '5']] }) })
    const answer = await handle(request('SUBSCRIBE'))
    expect(answer).toMatchObject({ status: 207, body: '<d:x/>' })
    expect(headerOf(answer, 'RVP-Notifications-Version')).toBe('0.2')
    expect(headerOf(answer, 'Content-Type')).toMatch(/^text\/xml/)
    expect(headerOf(answer, 'Subscription-Id')).toBe('5')
  })

  it('all carry the version, errors and challenges too (RVP §7.2) [R11]', async () => {
    for (const outcome of [
      authenticated,
      { kind: 'challenge', challenges: [] },
      { kind: 'locked', retryAfterSeconds: 1 },
    ] as const) {
      for (const method of ['ACL', 'GET']) {
        expect(headerOf(await open({ outcome }).handle(request(method)), 'RVP-Notifications-Version')).toBe('0.2')
      }
    }
  })
})

describe('the Host of a request', () => {
  it.each([
    ['10.0.0.2:8080', '10.0.0.2:8080'],
    [`${'a'.repeat(300)}.example`, undefined],
    ['im%2eexample', undefined],
  ])('%s is handed on as %s', async (host, expected) => {
    const seen: (string | undefined)[] = []
    const service = ({ requestHost }: RvpRequest): RvpResponse => {
      seen.push(requestHost)
      return { status: 200 }
    }
    await open({ service }).handle(request('PROPFIND', { host }))
    expect(seen).toEqual([expected])
  })
})

describe('a caller who has got another URL', () => {
  const alicia = userUrl('im.example.com', 'alicia')
  const seen: RvpRequest[] = []
  const given = {
    accounts: (principal: string) => (principal === alicia ? { displayName: 'Alicia' } : undefined),
    renamed: (node: string) => (node === alice ? alicia : undefined),
    service: (request: RvpRequest) => {
      seen.push(request)
      return { status: 200 }
    },
  }

  it.each([
    ['the old one, on a connection that was proved before', alice, alice],
    ['the new one, and says the old one', alicia, alice],
    ['the new one', alicia, alicia],
    ['the old one, and says the new one', alice, alicia],
  ])('is one person: proved as %s', async (_, principal, claimed) => {
    const { handle } = open({ ...given, outcome: { kind: 'authenticated', identity: { principal, scheme: 'ntlm' } } })
    const answer = await handle(request('PROPFIND', { 'rvp-from-principal': claimed }))
    expect(answer.status).toBe(200)
    expect(seen.at(-1)?.identity).toEqual({ principal: alicia, scheme: 'ntlm', displayName: 'Alicia' })
    expect(seen.at(-1)?.callerHref).toBe(claimed)
  })

  it('cannot say to be somebody else', async () => {
    const { handle } = open({
      ...given,
      outcome: { kind: 'authenticated', identity: { principal: alicia, scheme: 'ntlm' } },
    })
    const answer = await handle(request('PROPFIND', { 'rvp-from-principal': userUrl('im.example.com', 'bob') }))
    expect(answer.status).toBe(403)
  })
})

describe('a caller whose account was disabled', () => {
  it('is refused, and loses the connection that was proved', async () => {
    const { handle } = open({ accounts: () => undefined })
    const asked = request('PROPFIND')
    expect(await handle(asked)).toMatchObject({ status: 403, close: true })
    expect(asked.connection.state).toBeUndefined()
  })
})

describe('a caller whose alias was given to another person', () => {
  it('is refused on the connection that was proved before, and may prove who it is anew', async () => {
    const account = { displayName: 'Alice', id: 'one' }
    const { handle } = open({ accounts: () => ({ ...account }) })
    const asked = request('PROPFIND')
    expect((await handle(asked)).status).toBe(200)
    account.id = 'other'
    expect(await handle(asked)).toMatchObject({ status: 403, close: true })
    expect(asked.connection.state).toBeUndefined()
    expect((await handle(asked)).status).toBe(200)
  })
})

import { type AuthOutcome, ManualClock, systemIds } from '@parley/domain'
import { BadRequestError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'
import { createEdge } from './edge.ts'
import type { EdgeApp } from './edge-app.ts'
import type { EdgeDocuments } from './edge-documents.ts'
import type { FinishedRequest } from './edge-events.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { StreamHub } from './stream-hub.ts'
import { plainRequest } from './testing/plain-request.ts'

const alice = userUrl('im.example.com', 'alice')
const authenticated: AuthOutcome = { kind: 'authenticated', identity: { principal: alice, scheme: 'digest' } }

/** An edge with an app below `/.parley/` and a document, and what it reported. */
function open({
  outcome = authenticated,
  isEnabled = true,
  handle = async () => ({ status: 200, headers: [], body: '{}' }),
}: {
  outcome?: AuthOutcome
  isEnabled?: boolean
  handle?: EdgeApp['handle']
} = {}) {
  const finished: FinishedRequest[] = []
  const domains: string[] = []
  const app: EdgeApp = { owns: (path) => path.startsWith('/.parley/'), handle }
  const documents: EdgeDocuments = new Map([['/wpad.dat', { contentType: 'text/x-pac', body: 'script' }]])
  const edge = createEdge({
    addressing: new Addressing([
      { domain: 'im.example.com', aliases: [] },
      { domain: 'im.second.example', aliases: [] },
    ]),
    authenticator: {
      connection: () => ({
        authenticate: ({ domain }) => {
          domains.push(domain)
          return outcome
        },
      }),
    },
    accounts: () => (isEnabled ? { displayName: 'Alice' } : undefined),
    service: { handle: async () => ({ status: 207 }) },
    streams: new StreamHub({ clock: new ManualClock(), ids: systemIds }),
    app,
    documents,
    clock: new ManualClock(),
    ids: { number: () => 1, token: () => 'abcdefghijkl' },
    events: { requestFinished: (request) => void finished.push(request), signInFailed: () => {} },
  })
  return { ask: async (request: HttpRequest) => await edge(request), finished, domains }
}

function request(method: string, target: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return plainRequest({ method, target, headers: { host: 'im.example.com', ...headers } })
}

const headerOf = ({ headers }: HttpResponse, name: string) => headers.find(([given]) => given === name)?.[1]
const problemOf = ({ body }: HttpResponse) => JSON.parse(String(body))

describe('an app beside RVP', () => {
  it('is asked in the name of the caller, and its answer stays with the caller', async () => {
    const { ask, finished } = open({
      handle: async ({ target }, { identity }) => ({
        status: 200,
        headers: [],
        body: `${identity.principal} ${target}`,
      }),
    })
    const answer = await ask(request('GET', '/.parley/people?q=anna'))
    expect(answer).toMatchObject({ status: 200, body: `${alice} /.parley/people?q=anna` })
    expect(headerOf(answer, 'Cache-Control')).toBe('no-store')
    expect(headerOf(answer, 'Access-Control-Allow-Origin')).toBeUndefined()
    expect(finished).toMatchObject([{ method: 'GET', principal: alice, status: 200 }])
    expect(JSON.stringify(finished)).not.toContain('anna')
  })

  it('is asked through a proxy that makes the target a whole URL', async () => {
    const { ask } = open()
    expect((await ask(request('GET', 'http://im.example.com/.parley/people?q=a'))).status).toBe(200)
  })

  it('takes callers for users of the domain that the Host names', async () => {
    const { ask, domains } = open()
    await ask(request('GET', '/.parley/people', { host: 'im.second.example' }))
    await ask(request('GET', '/.parley/people', { host: '10.0.0.2:8080' }))
    expect(domains).toEqual(['im.second.example', 'im.example.com'])
  })

  it('is not asked before the caller has proved who it is, nor for an account that may not use IM', async () => {
    const handle = () => {
      throw new Error('was asked')
    }
    const stranger = await open({ handle, outcome: { kind: 'challenge', challenges: ['Digest x', 'NTLM'] } }).ask(
      request('GET', '/.parley/people'),
    )
    expect(stranger.status).toBe(401)
    expect(stranger.headers.filter(([name]) => name === 'WWW-Authenticate').map(([, value]) => value)).toEqual([
      'Digest x',
      'NTLM',
    ])
    const disabled = await open({ handle, isEnabled: false }).ask(request('GET', '/.parley/people'))
    expect(disabled).toMatchObject({ status: 403, close: true })
    const locked = await open({ handle, outcome: { kind: 'locked', retryAfterSeconds: 9 } }).ask(
      request('GET', '/.parley/people'),
    )
    expect([locked.status, headerOf(locked, 'Retry-After')]).toEqual([429, '9'])
  })

  it.each(['cross-site', 'same-site'])('is not asked by a page of another site (%s)', async (site) => {
    const { ask, domains } = open()
    const answer = await ask(request('GET', '/.parley/people', { 'sec-fetch-site': site }))
    expect(answer.status).toBe(403)
    expect(domains).toEqual([])
  })

  it.each(['same-origin', 'none'])('is asked by a page of ours, and by hand (%s)', async (site) => {
    const { ask } = open()
    expect((await ask(request('GET', '/.parley/people', { 'sec-fetch-site': site }))).status).toBe(200)
  })

  it.each(['HEAD', 'POST', 'PUT', 'OPTIONS'])('does not take %s', async (method) => {
    const { ask } = open()
    const answer = await ask(request(method, '/.parley/people'))
    expect([answer.status, headerOf(answer, 'Allow')]).toEqual([405, 'GET'])
  })

  it('leaves requests of RVP to RVP', async () => {
    const { ask } = open()
    expect((await ask(request('PROPFIND', '/.parley/people'))).status).toBe(207)
  })

  it('tells errors as programs read them, with the request’s id and nothing private', async () => {
    const { ask, finished } = open({
      handle: async () => {
        throw new BadRequestError('q is missing', { detail: 'private' })
      },
    })
    const answer = await ask(request('GET', '/.parley/people'))
    const requestId = finished[0]?.reqId
    expect(headerOf(answer, 'Content-Type')).toBe('application/problem+json; charset=utf-8')
    expect(problemOf(answer)).toEqual({ title: 'Bad Request', status: 400, detail: 'q is missing', requestId })
  })

  it('tells nothing of a bug of ours', async () => {
    const { ask, finished } = open({
      handle: async () => {
        throw new TypeError('secret')
      },
    })
    const answer = await ask(request('GET', '/.parley/people'))
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('secret')
    expect(finished[0]?.err).toBeInstanceOf(TypeError)
  })
})

describe('a document', () => {
  it.each(['/wpad.dat', '/wpad.dat?x=1', 'http://wpad.example.com/wpad.dat'])(
    'is given to everybody who asks for %s',
    async (target) => {
      const { ask, finished } = open({ outcome: { kind: 'challenge', challenges: ['NTLM'] } })
      const answer = await ask(request('GET', target, { host: 'wpad.example.com' }))
      expect(answer).toMatchObject({ status: 200, body: 'script' })
      expect(headerOf(answer, 'Content-Type')).toBe('text/x-pac')
      expect(finished).toMatchObject([{ method: 'GET', status: 200 }])
    },
  )

  it('is only read', async () => {
    const { ask } = open()
    expect((await ask(request('PUT', '/wpad.dat'))).status).toBe(405)
    expect((await ask(request('GET', '/wpad.dat/x'))).status).toBe(501)
  })
})

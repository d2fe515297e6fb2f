import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse, ResponseSink } from './http-message.ts'
import { behindTrustedProxies } from './proxied-clients.ts'
import { plainRequest } from './testing/plain-request.ts'

const ok: HttpResponse = { status: 200, headers: [] }

function requestOf(forwardedFor: string, isProxied = true): HttpRequest {
  const headers = { 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': 'https' }
  return plainRequest({ method: 'PROPFIND', target: '/instmsg/aliases/bob', headers, isProxied })
}

function open(handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>, most = 2) {
  const refused: (string | undefined)[] = []
  const handle = behindTrustedProxies(handler, {
    isTrusted: (address) => address.startsWith('10.'),
    maxAtOnce: () => most,
    events: { connectionRefused: (_, address) => void refused.push(address) },
  })
  return { handle, refused }
}

describe('requests over a connection of a trusted proxy', () => {
  it('come from the client that the proxy names, encrypted as it says', async () => {
    const seen: HttpRequest[] = []
    const { handle } = open((request) => {
      seen.push(request)
      return ok
    })
    await handle(requestOf('203.0.113.7'))
    expect(seen[0]?.connection).toMatchObject({ remoteAddress: '203.0.113.7', encrypted: true, isProxied: true })
  })

  it('find nothing that an earlier request left at its connection', async () => {
    const found: unknown[] = []
    const { handle } = open(({ connection }) => {
      found.push(connection.state)
      connection.state = 'alice'
      return ok
    })
    const request = requestOf('203.0.113.7')
    await handle(request)
    await handle(request)
    expect(found).toEqual([undefined, undefined])
    expect(request.connection.state).toBeUndefined()
  })

  it('are as bounded by the client’s address as connections are, until they are answered', async () => {
    const answers: PromiseWithResolvers<HttpResponse>[] = []
    const { handle, refused } = open(() => {
      const answer = Promise.withResolvers<HttpResponse>()
      answers.push(answer)
      return answer.promise
    })
    const pending = [handle(requestOf('203.0.113.7')), handle(requestOf('203.0.113.7'))]
    expect(await handle(requestOf('203.0.113.7'))).toMatchObject({ status: 429 })
    expect(refused).toEqual(['203.0.113.7'])
    void handle(requestOf('203.0.113.8'))
    answers[0]?.resolve(ok)
    answers[1]?.reject(new Error('failed'))
    await Promise.allSettled(pending)
    void handle(requestOf('203.0.113.7'))
    expect(answers).toHaveLength(4)
  })

  it('go on counting as long as their stream is open', async () => {
    const { handle } = open(() => ({ ...ok, stream: () => {} }), 1)
    const { stream } = await handle(requestOf('203.0.113.7'))
    const closed: (() => void)[] = []
    stream?.({ onClose: (listener) => void closed.push(listener) } as ResponseSink)
    expect(await handle(requestOf('203.0.113.7'))).toMatchObject({ status: 429 })
    for (const listener of closed) listener()
    expect(await handle(requestOf('203.0.113.7'))).toMatchObject({ status: 200 })
  })
})

describe('requests over any other connection', () => {
  it('pass as they are, whatever their headers say', async () => {
    const seen: HttpRequest[] = []
    const { handle } = open((request) => {
      seen.push(request)
      return ok
    })
    const request = requestOf('203.0.113.7', false)
    await handle(request)
    expect(seen[0]).toBe(request)
  })
})

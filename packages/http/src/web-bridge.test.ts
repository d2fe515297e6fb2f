import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from './http-message.ts'
import { plainRequest } from './testing/plain-request.ts'
import { askWebApp, type WebFetch } from './web-bridge.ts'

const limits = { answerMs: 1_000, answerBytes: 8 }

function request(target: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return plainRequest({ method: 'GET', target, headers })
}

const ask = (fetch: WebFetch<string>, asked = request('/'), clock = new ManualClock()) =>
  askWebApp(fetch, asked, 'caller', { clock, limits })

describe('a standard app behind the listener', () => {
  it.each(['/a/b?c=d%20e&f', 'http://im.example.com/a/b?c=d%20e&f'])(
    'sees path and query of %s as sent',
    async (target) => {
      const seen: string[] = []
      await ask(({ url }, caller) => {
        seen.push(url, caller)
        return new Response()
      }, request(target))
      expect(seen).toEqual(['http://app.invalid/a/b?c=d%20e&f', 'caller'])
    },
  )

  it('sees what the caller takes, and no credentials', async () => {
    const seen: (readonly [string, string])[] = []
    const headers = { accept: 'application/json', authorization: 'Basic x', cookie: 'y' }
    await ask(
      (asked) => {
        seen.push(...asked.headers)
        return new Response()
      },
      request('/', headers),
    )
    expect(seen).toEqual([['accept', 'application/json']])
  })

  it('answers with status, headers and body, whose length the listener tells', async () => {
    const answer = await ask(
      () => new Response('text', { status: 404, headers: { 'X-A': 'b', 'Content-Length': '4' } }),
    )
    expect(answer.status).toBe(404)
    expect(answer.headers).toEqual([
      ['Content-Type', 'text/plain;charset=UTF-8'],
      ['X-A', 'b'],
    ])
    expect(Buffer.from(answer.body ?? '').toString()).toBe('text')
  })

  it('may not answer more than is bounded', async () => {
    await expect(ask(() => new Response('123456789'))).rejects.toThrow('larger than 8 bytes')
  })

  it('is told to stop when its time is up', async () => {
    const clock = new ManualClock()
    const stopped = Promise.withResolvers<void>()
    const { promise: forever } = Promise.withResolvers<Response>()
    const answer = ask(
      ({ signal }) => {
        signal.addEventListener('abort', () => stopped.resolve())
        return forever
      },
      request('/'),
      clock,
    )
    clock.elapse(1_000)
    await expect(answer).rejects.toMatchObject({ status: 503 })
    await stopped.promise
  })
})

import { TracerMemory } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { plainRequest } from './testing/plain-request.ts'
import { tracedEdge } from './traced-edge.ts'

const claimed = 'a'.repeat(32)
const traceparent = `00-${claimed}-${'b'.repeat(16)}-01`

function request(method: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return plainRequest({ method, target: '/instmsg/aliases/bob?secret', headers, body: 'hello' })
}

const answering = (status: number) => (): HttpResponse => ({ status, headers: [] })

describe('a traced edge', () => {
  it.each([
    [200, undefined],
    [401, undefined],
    [412, undefined],
    [503, '503'],
  ])('records a request with its method and %i, a failure only if it is ours', async (status, failure) => {
    const tracer = new TracerMemory()
    const edge = tracedEdge(answering(status), { tracer, trustsClients: false })
    expect(await edge(request('SUBSCRIBE'))).toMatchObject({ status })
    expect(tracer.ended).toEqual([
      expect.objectContaining({
        ...{ name: 'SUBSCRIBE', kind: 'server', parentId: undefined, failure },
        attributes: { 'http.request.method': 'SUBSCRIBE', 'http.response.status_code': status },
      }),
    ])
  })

  it('gives a method that strangers make up no name of its own', async () => {
    const tracer = new TracerMemory()
    await tracedEdge(answering(501), { tracer, trustsClients: false })(request('alice-was-here'))
    expect(tracer.ended).toMatchObject([{ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } }])
    expect(JSON.stringify(tracer.ended)).not.toContain('alice')
  })

  it('records nothing of streams', async () => {
    const tracer = new TracerMemory()
    const edge = tracedEdge(answering(200), { tracer, trustsClients: false })
    await edge({ ...request('POST'), target: '/instmsg/streams/secret' })
    expect(tracer.ended).toEqual([])
  })

  it('begins a trace, whatever the client says', async () => {
    const tracer = new TracerMemory()
    await tracedEdge(answering(200), { tracer, trustsClients: false })(request('NOTIFY', { traceparent }))
    expect(tracer.ended[0]?.traceId).not.toBe(claimed)
  })

  it('goes on with the trace of a client that is trusted, as that one has sampled it', async () => {
    const tracer = new TracerMemory(() => false)
    const edge = tracedEdge(answering(200), { tracer, trustsClients: true })
    await edge(request('NOTIFY', { traceparent }))
    await edge(request('NOTIFY', { traceparent: traceparent.replace(/1$/, '0') }))
    await edge(request('NOTIFY', { traceparent: 'nonsense' }))
    expect(tracer.ended).toMatchObject([{ traceId: claimed, parentId: 'b'.repeat(16) }])
  })

  it('does the work of a request in its course, and of one that is not recorded in none', async () => {
    const courses: (string | undefined)[] = []
    const isSampled = [true, false]
    const tracer = new TracerMemory(() => isSampled.shift() ?? false)
    const edge = tracedEdge(
      async () => {
        await Promise.resolve()
        courses.push(tracer.current()?.traceId)
        return { status: 200, headers: [] }
      },
      { tracer, trustsClients: false },
    )
    await edge(request('NOTIFY'))
    await edge(request('NOTIFY'))
    expect(courses).toEqual([tracer.ended[0]?.traceId, undefined])
  })

  it('records a bug as a failure, and lets it through', async () => {
    const tracer = new TracerMemory()
    const broken = tracedEdge(() => Promise.reject(new TypeError('private')), { tracer, trustsClients: false })
    await expect(broken(request('NOTIFY'))).rejects.toThrow('private')
    expect(tracer.ended).toMatchObject([{ failure: 'TypeError' }])
  })
})

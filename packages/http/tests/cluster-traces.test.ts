import { TracerMemory } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { identityHeader } from '../src/signed-identity.ts'
import { alice, bob, ClusterUnderTest, clientRequest } from './cluster-under-test.ts'

const remote = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' }

/** Forwards a NOTIFY in the course of a trace. */
async function forward(cluster: ClusterUnderTest, tracer: TracerMemory): Promise<void> {
  const span = tracer.startSpan('edge', { kind: 'server', parent: remote })
  if (!span) throw new Error('nothing is recorded')
  await tracer.run(span, () => cluster.client.forward(cluster.lease(), clientRequest('NOTIFY')))
  span.end()
}

describe('a request that is forwarded in the course of a trace', () => {
  it('is a span at the sender, and one below it at the home', async () => {
    const tracer = new TracerMemory()
    let course: string | undefined
    const service = () => {
      course = tracer.current()?.traceId
      return { status: 412 }
    }
    await using cluster = await ClusterUnderTest.open({ tracer, service })
    await forward(cluster, tracer)
    const [home, sent, edge] = tracer.ended
    expect(home).toMatchObject({
      ...{ name: 'NOTIFY', kind: 'server', parentId: sent?.spanId, failure: undefined },
      attributes: { 'http.request.method': 'NOTIFY', 'http.response.status_code': 412, 'parley.home': 'hq-1' },
    })
    expect(sent).toMatchObject({ name: 'forward', kind: 'client', parentId: edge?.spanId, failure: undefined })
    expect(course).toBe('a'.repeat(32))
    const { headers } = cluster.server.requests[0] ?? {}
    expect(headers?.get('tracestate')).toBe('vendor=1')
  })

  it('fails as its home does', async () => {
    const tracer = new TracerMemory()
    const service = () => Promise.reject(new TypeError('private'))
    await using cluster = await ClusterUnderTest.open({ tracer, service })
    await forward(cluster, tracer)
    expect(tracer.ended.map(({ failure }) => failure)).toEqual(['500', '500', undefined])
    expect(JSON.stringify(tracer.ended)).not.toContain('private')
  })

  it('fails when the home is not held', async () => {
    const tracer = new TracerMemory()
    await using cluster = await ClusterUnderTest.open({ tracer })
    const span = tracer.startSpan('edge', { kind: 'server' })
    if (!span) throw new Error('nothing is recorded')
    const forwarding = tracer.run(span, () => cluster.client.forward(cluster.lease('oslo-1'), clientRequest('NOTIFY')))
    await expect(forwarding).rejects.toThrow()
    expect(tracer.ended.at(-1)).toMatchObject({ name: 'forward', failure: 'NotHeldError' })
  })

  it('says nothing of who asks whom', async () => {
    const tracer = new TracerMemory()
    await using cluster = await ClusterUnderTest.open({ tracer })
    await forward(cluster, tracer)
    const recorded = JSON.stringify(tracer.ended)
    for (const secret of [alice, bob, '10.0.0.1']) expect(recorded).not.toContain(secret)
  })
})

describe('a request that is part of no trace', () => {
  it('carries nothing of one, and begins none at the home', async () => {
    const tracer = new TracerMemory()
    await using cluster = await ClusterUnderTest.open({ tracer })
    await cluster.client.forward(cluster.lease(), clientRequest('NOTIFY', { headers: remote }))
    expect(cluster.server.requests[0]?.headers.get('traceparent')).toBeUndefined()
    expect(tracer.ended).toEqual([])
  })
})

describe('a request that no node of the cluster signed', () => {
  it('makes no span, whatever it says', async () => {
    const tracer = new TracerMemory()
    await using cluster = await ClusterUnderTest.open({ tracer })
    const headers = { ...remote, [identityHeader]: 'forged' }
    const { status } = await fetch(`${cluster.server.listener.url}/parley/hq-1/status`, { method: 'POST', headers })
    expect(status).toBe(403)
    expect(tracer.ended).toEqual([])
  })
})

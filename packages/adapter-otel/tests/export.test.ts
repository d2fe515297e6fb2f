import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ManualClock } from '@parley/domain'
import { OtlpReceiver } from '@parley/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OtelTracer, type OtelTracerOptions, openTracer } from '../src/open-tracer.ts'

const kind = 'server'

function optionsFor(endpoint: string): OtelTracerOptions {
  return {
    endpoint,
    ratio: 1,
    resource: { 'service.name': 'parley-router' },
    clock: new ManualClock(),
    events: { exportFailed: () => {}, exportResumed: () => {} },
  }
}

function open(endpoint: string, options: Partial<OtelTracerOptions> = {}) {
  const told: string[] = []
  const events = { exportFailed: () => void told.push('failed'), exportResumed: () => void told.push('resumed') }
  const tracer = openTracer({ ...optionsFor(endpoint), events, ...options })
  onTestFinished(() => tracer[Symbol.asyncDispose]())
  return { tracer, told }
}

async function export1(tracer: OtelTracer, name: string): Promise<void> {
  tracer.startSpan(name, { kind })?.end()
  await tracer.flush()
}

describe('the export of traces', () => {
  it('brings spans to an OTLP/HTTP receiver, with what the process is and the headers that it wants', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer } = open(`${receiver.url}/`, { headers: { authorization: 'Bearer x' } })
    const parent = tracer.startSpan('NOTIFY', { kind })
    if (!parent) throw new Error('nothing is recorded')
    tracer.run(parent, () => tracer.startChild('commit', { kind: 'client', attributes: { 'db.batch': 2 } })?.end())
    parent.fail('503')
    await tracer.flush()
    const [child, above] = receiver.spans
    expect(above).toMatchObject({
      ...{ name: 'NOTIFY', traceId: parent.traceId, parentSpanId: '', kind: 2 },
      attributes: { 'error.type': '503' },
      resource: { 'service.name': 'parley-router' },
    })
    expect(child).toMatchObject({ name: 'commit', traceId: parent.traceId, parentSpanId: above?.spanId, kind: 3 })
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' })
  })

  it('brings what waits when the tracer is closed', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer } = open(receiver.url)
    tracer.startSpan('NOTIFY', { kind })?.end()
    await tracer[Symbol.asyncDispose]()
    expect(receiver.spans).toHaveLength(1)
  })

  it('is none at all with a ratio of 0', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer } = open(receiver.url, { ratio: 0 })
    for (let i = 0; i < 1_000; i++) tracer.startSpan('NOTIFY', { kind })?.end()
    await tracer[Symbol.asyncDispose]()
    expect(receiver.bodies).toEqual([])
  })

  it('tells once that the receiver takes nothing, and once that it does again', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer, told } = open(receiver.url)
    receiver.status = 400
    await export1(tracer, 'a')
    await export1(tracer, 'b')
    expect(told).toEqual(['failed'])
    receiver.status = 200
    await export1(tracer, 'c')
    await export1(tracer, 'd')
    expect(told).toEqual(['failed', 'resumed'])
    expect(receiver.spans.map(({ name }) => name)).toEqual(['c', 'd'])
  })

  it('holds no more than some thousand spans that wait, and drops the others', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer } = open(receiver.url)
    for (let i = 0; i < 50_000; i++) tracer.startSpan('NOTIFY', { kind })?.end()
    await tracer.flush()
    expect(receiver.spans.length).toBeLessThan(5_000)
  })

  it('keeps nobody waiting who stops while the receiver does not answer', async () => {
    await using open = new AsyncDisposableStack()
    const sockets = new Set<Socket>()
    const server = createServer((socket) => sockets.add(socket.resume().on('error', () => {})))
    open.defer(() => void server.close())
    open.defer(() => {
      for (const socket of sockets) socket.destroy()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const clock = new ManualClock()
    const { port } = server.address() as AddressInfo
    const tracer = openTracer({ ...optionsFor(`http://127.0.0.1:${port}`), clock })
    tracer.startSpan('NOTIFY', { kind })?.end()
    const closing = tracer[Symbol.asyncDispose]()
    await once(server, 'connection')
    clock.elapse(2_000)
    await closing
  })

  it('cuts attributes that are too long', async () => {
    await using receiver = await OtlpReceiver.start()
    const { tracer } = open(receiver.url)
    tracer.startSpan('NOTIFY', { kind, attributes: { long: 'x'.repeat(10_000) } })?.end()
    await tracer.flush()
    expect(String(receiver.spans[0]?.attributes.long)).toHaveLength(256)
  })
})

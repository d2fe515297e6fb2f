import { systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { NotHeldError } from '../src/cluster-client.ts'
import type { StreamEndpoint } from '../src/edge.ts'
import type { HttpRequest, HttpResponse, ResponseSink } from '../src/http-message.ts'
import { streamPath } from '../src/stream-hub.ts'
import { createStreamToken } from '../src/stream-token.ts'
import { alice, ClusterUnderTest } from './cluster-under-test.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const open = 'GET /instmsg/streams/token HTTP/1.1\r\nHost: x\r\nLast-Event-ID: a-7\r\n\r\n'
const eventStream: HttpResponse['headers'] = [
  ['Content-Type', 'text/event-stream'],
  ['X-Accel-Buffering', 'no'],
]

/** A home whose one stream is written by the test, and a router in front of it. */
class StreamsUnderTest implements AsyncDisposable {
  readonly cluster: ClusterUnderTest
  readonly router: ListenerUnderTest
  /** Opened at the home, in order. */
  readonly sinks: readonly ResponseSink[]

  constructor(cluster: ClusterUnderTest, router: ListenerUnderTest, sinks: readonly ResponseSink[]) {
    this.cluster = cluster
    this.router = router
    this.sinks = sinks
  }

  static async open(handle?: StreamEndpoint['handle'], limits = {}): Promise<StreamsUnderTest> {
    const sinks: ResponseSink[] = []
    let changed = () => {}
    const stream = (sink: ResponseSink) => {
      sinks.push(sink)
      sink.onClose(() => changed())
      changed()
    }
    const streams = { handle: handle ?? (() => ({ status: 200, headers: eventStream, stream })) }
    const cluster = await ClusterUnderTest.open({ streams, limits })
    changed = () => cluster.server.events.changed()
    const router = await ListenerUnderTest.open({
      handler: async (request) => {
        try {
          return await cluster.client.stream(cluster.lease(), request)
        } catch (err) {
          return { status: 503, headers: [['X-Error', (err as Error).name]] }
        }
      },
    })
    return new StreamsUnderTest(cluster, router, sinks)
  }

  /** The stream that was opened last at the home. */
  async sink(): Promise<ResponseSink> {
    await this.cluster.server.events.until(() => this.sinks.length > 0)
    return this.sinks.at(-1) as ResponseSink
  }

  /** What the router makes of a request that a device sends, once that is answered. */
  async request(text: string): Promise<HttpRequest> {
    await using device = await this.router.connect()
    device.send(text)
    await device.answer()
    const request = this.router.requests.at(-1)
    if (!request) throw new Error('nobody asked')
    return request
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router[Symbol.asyncDispose]()
    await this.cluster[Symbol.asyncDispose]()
  }
}

describe('a stream of another process', () => {
  it('is passed on as it comes, until the home ends it', async () => {
    await using streams = await StreamsUnderTest.open()
    await using device = await streams.router.connect()
    device.send(open)
    const sink = await streams.sink()
    const [head = ''] = (await device.until((text) => text.includes('\r\n\r\n'))).split('\r\n\r\n')
    expect(head).toBe(
      'HTTP/1.1 200 Successful\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\nConnection: close',
    )
    sink.write('data: ü')
    await device.until((text) => text.endsWith('data: \u00c3\u00bc'))
    sink.write('\n\n')
    sink.end()
    expect(await device.toEnd()).toMatch(/data: \u00c3\u00bc\n\n$/)
    expect(streams.cluster.server.requests[0]?.headers.get('last-event-id')).toBe('a-7')
  })

  it('ends when its home is gone', async () => {
    await using streams = await StreamsUnderTest.open()
    await using device = await streams.router.connect()
    device.send(open)
    const sink = await streams.sink()
    sink.write('data: 1\n\n')
    await device.until((text) => text.endsWith('data: 1\n\n'))
    await streams.cluster.server[Symbol.asyncDispose]()
    expect(await device.toEnd()).toMatch(/data: 1\n\n$/)
  })

  it('ends at the home when the device goes', async () => {
    await using streams = await StreamsUnderTest.open()
    await using device = await streams.router.connect()
    device.send(open)
    const closed = Promise.withResolvers<void>()
    const sink = await streams.sink()
    sink.onClose(() => closed.resolve())
    await device.until((text) => text.includes('\r\n\r\n'))
    device.socket.destroy()
    await closed.promise
  })

  it.each(['destroy', 'resetAndDestroy'] as const)(
    'ends at the home when the device went before (%s)',
    async (leave) => {
      const asked = Promise.withResolvers<void>()
      const answered = Promise.withResolvers<HttpResponse>()
      const closed = Promise.withResolvers<void>()
      await using streams = await StreamsUnderTest.open(() => {
        asked.resolve()
        return answered.promise
      })
      await using device = await streams.router.connect()
      device.send(open)
      await asked.promise
      device.socket[leave]()
      // An end alone is no reason to close: the device could still read.
      if (leave === 'resetAndDestroy') await streams.router.events.until(() => streams.router.events.closed === 1)
      answered.resolve({ status: 200, headers: eventStream, stream: (sink) => sink.onClose(() => closed.resolve()) })
      await closed.promise
    },
  )

  it('is read no faster than the device takes it, and loses nothing', async () => {
    await using streams = await StreamsUnderTest.open(undefined, { pendingBytes: 64 * 1024 })
    await using device = await streams.router.connect()
    device.send(open)
    const sink = await streams.sink()
    await device.until((text) => text.includes('\r\n\r\n'))
    device.socket.pause()
    const line = `data: ${'a'.repeat(100_000)}\n\n`
    const lines = 300
    for (let count = 0; count < lines; count++) sink.write(line)
    // What neither the router nor the kernel's buffers take stays at the home.
    expect(sink.pendingBytes).toBeGreaterThan(1_000_000)
    device.socket.resume()
    sink.end()
    const received = await device.toEnd()
    const body = received.slice(received.indexOf('\r\n\r\n') + 4)
    expect(body === line.repeat(lines)).toBe(true)
  })

  it.each([404, 412, 503])('that the home answers with %i is answered so', async (status) => {
    await using streams = await StreamsUnderTest.open(() => ({ status, headers: [['Retry-After', '2']] }))
    for (const request of [open, open.replace('GET', 'POST')]) {
      await using device = await streams.router.connect()
      device.send(request)
      expect(await device.answer()).toMatchObject({ status, head: expect.stringContaining('Retry-After: 2') })
    }
  })

  it('is acknowledged', async () => {
    const methods: string[] = []
    await using streams = await StreamsUnderTest.open((request) => {
      methods.push(`${request.method} ${request.target} ${request.headers.get('last-event-id')}`)
      return { status: 200, headers: [] }
    })
    await using device = await streams.router.connect()
    device.send(open.replace('GET ', 'POST http://im.example.com').replace('token ', 'token?a=b '))
    expect((await device.answer()).status).toBe(200)
    expect(methods).toEqual(['POST /instmsg/streams/token a-7'])
  })

  it('has no other methods', async () => {
    await using streams = await StreamsUnderTest.open()
    await using device = await streams.router.connect()
    device.send(open.replace('GET', 'PUT'))
    expect(await device.answer()).toMatchObject({ status: 405, head: expect.stringContaining('Allow: GET, POST') })
  })

  it('is one of a bounded number', async () => {
    await using streams = await StreamsUnderTest.open(undefined, { streams: 1 })
    await using first = await streams.router.connect()
    first.send(open)
    await first.until((text) => text.includes('\r\n\r\n'))
    await using second = await streams.router.connect()
    second.send(open)
    expect(await second.answer()).toMatchObject({ head: expect.stringContaining('NodeUnreachableError') })
    const sink = await streams.sink()
    sink.end()
    await first.toEnd()
    await using third = await streams.router.connect()
    third.send(open)
    await third.until((text) => text.includes('\r\n\r\n'))
    expect(streams.sinks).toHaveLength(2)
  })

  it('is acknowledged still while its home is handed over (promise 3)', async () => {
    await using streams = await StreamsUnderTest.open(({ method }) => ({
      status: method === 'POST' ? 200 : 503,
      headers: [],
    }))
    const { cluster } = streams
    const request = await streams.request(open)
    const ask = (method: string) => cluster.client.stream(cluster.lease('hq-2'), { ...request, method })
    expect(await ask('POST')).toMatchObject({ status: 200 })
    await expect(ask('GET')).rejects.toThrow(NotHeldError)
  })

  it('is acknowledged also by a device that comes back to be sent away (promise 3)', async () => {
    const taken: (string | undefined)[] = []
    await using streams = await StreamsUnderTest.open(({ method, headers }) => {
      taken.push(`${method} ${headers.get('last-event-id')}`)
      return { status: 503, headers: [] }
    })
    const { cluster } = streams
    const request = await streams.request(open)
    await expect(cluster.client.stream(cluster.lease('hq-2'), request)).rejects.toThrow(NotHeldError)
    expect(taken.at(-1)).toBe('POST a-7')
  })

  it('is refused by a process that does not hold its home, or is not there', async () => {
    await using streams = await StreamsUnderTest.open(() => ({ status: 404, headers: [] }))
    const { cluster } = streams
    const request = await streams.request(open.replace('GET', 'PUT'))
    const ask = (method: string) => cluster.client.stream(cluster.lease('hq-2'), { ...request, method })
    await expect(ask('GET')).rejects.toThrow(NotHeldError)
    await expect(ask('POST')).rejects.toThrow(NotHeldError)
    const lease = cluster.lease()
    await cluster.server[Symbol.asyncDispose]()
    await expect(cluster.client.stream(lease, { ...request, method: 'GET' })).rejects.toMatchObject({
      name: 'NodeUnreachableError',
      mayHaveArrived: false,
    })
  })
})

describe('a stream that its home does not have', () => {
  it.each([
    ['is unknown when its node lives there', alice, true, 404],
    ['is looked for elsewhere when its node is not there, or about to leave', alice, false, 421],
    ['is unknown when its token names no node', undefined, false, 404],
  ])('%s', async (_, node, isServed, status) => {
    await using cluster = await ClusterUnderTest.open({
      streams: { handle: () => ({ status: 404, headers: [] }) },
      serves: (asked) => asked === node && isServed,
    })
    await using router = await ListenerUnderTest.open({
      handler: async (request) => {
        try {
          return await cluster.client.stream(cluster.lease(), request)
        } catch (err) {
          expect(err).toBeInstanceOf(NotHeldError)
          return { status: 421, headers: [] }
        }
      },
    })
    await using device = await router.connect()
    const path = streamPath(node ? createStreamToken(node, systemIds) : 'token')
    device.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(await device.toEnd()).toContain(`HTTP/1.1 ${status} `)
  })
})

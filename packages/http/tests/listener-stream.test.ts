import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { ResponseSink } from '../src/http-message.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const request = 'GET /stream HTTP/1.1\r\nHost: im.example.com\r\n\r\n'

/** A listener whose every answer is a stream, and the sink of the first. */
async function openStreams() {
  const first = Promise.withResolvers<ResponseSink>()
  const server = await ListenerUnderTest.open({
    handler: () => ({ status: 200, headers: [['Content-Type', 'text/event-stream']], stream: first.resolve }),
  })
  return { server, firstSink: first.promise, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe('an answer without an end', () => {
  it('has no length, says that the connection closes, and goes on until its writer ends it', async () => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request)
    const head = 'HTTP/1.1 200 Successful\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n'
    expect(await peer.until((received) => received.endsWith('\r\n\r\n'))).toBe(head)
    const sink = await streams.firstSink
    sink.write('one\n')
    await peer.until((received) => received.endsWith('one\n'))
    sink.write('tw\u00f6\n')
    sink.end()
    sink.write('three\n')
    expect(await peer.toEnd()).toBe(`${head}one\ntw\u00c3\u00b6\n`)
  })

  it('sends what is written in one turn in one piece', async () => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request)
    await peer.until((received) => received.endsWith('\r\n\r\n'))
    const sink = await streams.firstSink
    const pieces: number[] = []
    peer.socket.on('data', (chunk) => pieces.push(chunk.length))
    for (let count = 0; count < 100; count++) {
      sink.write('0123456789')
      await Promise.resolve()
    }
    expect(sink.pendingBytes).toBe(1000)
    await peer.until((received) => received.length >= 1000 && received.endsWith('9'))
    expect(pieces).toEqual([1000])
    expect(sink.pendingBytes).toBe(0)
  })

  it('counts what a slow peer has not taken', async () => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request)
    const sink = await streams.firstSink
    peer.socket.pause()
    for (let count = 0; count < 200; count++) sink.write('a'.repeat(100_000))
    expect(sink.pendingBytes).toBeGreaterThan(1_000_000)
    sink.destroy()
    await streams.server.events.until(() => streams.server.events.closed === 1)
    expect(sink.pendingBytes).toBe(0)
  })

  it.each([
    ['ends its side', (socket: Socket) => socket.end()],
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
  ])('tells its writer once when the peer %s', async (_, leave) => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request)
    const sink = await streams.firstSink
    const closed = Promise.withResolvers<void>()
    let times = 0
    sink.onClose(() => {
      times++
      closed.resolve()
    })
    leave(peer.socket)
    await closed.promise
    sink.write('nobody hears')
    sink.destroy()
    sink.end()
    let late = false
    sink.onClose(() => {
      late = true
    })
    expect({ times, late, pending: sink.pendingBytes }).toEqual({ times: 1, late: true, pending: 0 })
  })

  it('is the last of its connection, whatever the peer sends', async () => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request + request)
    const sink = await streams.firstSink
    peer.send(`nonsense\r\n\r\n${'a'.repeat(100_000)}`)
    sink.write('still here')
    await peer.until((received) => received.endsWith('still here'))
    expect(streams.server.requests).toHaveLength(1)
    expect(streams.server.events.refusedRequests).toEqual([])
  })

  it('is not subject to the limits of time', async () => {
    await using streams = await openStreams()
    await using peer = await streams.server.connect()
    peer.send(request)
    const sink = await streams.firstSink
    streams.server.clock.elapse(24 * 3_600_000)
    sink.write('still here')
    await peer.until((received) => received.endsWith('still here'))
  })

  it('closes when its writer throws at the start', async () => {
    await using server = await ListenerUnderTest.open({
      handler: () => ({
        status: 200,
        headers: [],
        stream: () => {
          throw new Error('broken')
        },
      }),
    })
    await server.exchange(request)
    expect(server.events.failures).toHaveLength(1)
  })
})

import { describe, expect, it } from 'vitest'
import type { HttpResponse, ResponseSink } from '../src/http-message.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const request = 'GET /a HTTP/1.1\r\nHost: im.example.com\r\n\r\n'

describe('the load of a listener', () => {
  it('counts a request until it is answered', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    await using peer = await server.connect()
    peer.send(request)
    await server.asked(1)
    expect(server.listener.load).toEqual({ requests: 1, streams: 0 })
    answer.resolve({ status: 200, headers: [] })
    await peer.answer()
    expect(server.listener.load).toEqual({ requests: 0, streams: 0 })
  })

  it('counts a request until it is done when its client has gone', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    const peer = await server.connect()
    peer.send(request)
    await server.asked(1)
    peer.socket.resetAndDestroy()
    await server.events.until(() => server.events.closed === 1)
    expect(server.listener.load.requests).toBe(1)
    answer.reject(new Error('nobody waits'))
    await answer.promise.catch(() => undefined)
    expect(server.listener.load.requests).toBe(0)
  })

  it('counts a stream from its answer to the end of its connection, and as no request', async () => {
    const opened = Promise.withResolvers<ResponseSink>()
    const handler = async (): Promise<HttpResponse> => ({ status: 200, headers: [], stream: opened.resolve })
    await using server = await ListenerUnderTest.open({ handler })
    const peer = await server.connect()
    peer.send(request)
    await opened.promise
    expect(server.listener.load).toEqual({ requests: 0, streams: 1 })
    peer.socket.resetAndDestroy()
    await server.events.until(() => server.events.closed === 1)
    expect(server.listener.load).toEqual({ requests: 0, streams: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import type { HttpResponse, ResponseSink } from '../src/http-message.ts'
import { openListener } from '../src/listener.ts'
import { RawPeer } from './listener-raw-peer.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const request = 'GET /a HTTP/1.1\r\nHost: im.example.com\r\n\r\n'
const never = new AbortController().signal

describe('a listener that is about to stop', () => {
  it('goes on taking connections and requests, and says with each answer that the connection closes', async () => {
    await using server = await ListenerUnderTest.open()
    await using used = await server.connect()
    used.send(request)
    expect(await used.answer()).not.toContain('Connection: close')
    server.listener.leave()
    await using young = await server.connect()
    for (const peer of [used, young]) {
      peer.send(request)
      expect(await peer.toEnd()).toMatch(/\r\nConnection: close\r\n\r\n\/a$/)
    }
  })

  it('keeps streams', async () => {
    const opened = Promise.withResolvers<ResponseSink>()
    await using server = await ListenerUnderTest.open({
      handler: () => ({ status: 200, headers: [], stream: opened.resolve }),
    })
    await using peer = await server.connect()
    peer.send(request)
    const sink = await opened.promise
    server.listener.leave()
    sink.write('more')
    sink.end()
    expect(await peer.toEnd()).toMatch(/more$/)
  })
})

describe('a listener that drains', () => {
  it('takes no new connection and closes idle ones at once', async () => {
    await using server = await ListenerUnderTest.open()
    await using silent = await server.connect()
    await using used = await server.connect()
    used.send(request)
    await used.answer()
    await server.events.until(() => server.events.opened === 2)
    await server.listener.drain(never)
    expect([await silent.toEnd(), await used.toEnd()]).toEqual(['', ''])
    await expect(RawPeer.connect(server.listener.port)).rejects.toThrow('ECONNREFUSED')
  })

  it('answers what is in work, and says that the connection closes', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    await using peer = await server.connect()
    peer.send(request)
    await server.asked(1)
    const drained = server.listener.drain(never)
    answer.resolve({ status: 200, headers: [], body: 'done' })
    expect(await peer.toEnd()).toMatch(/\r\nConnection: close\r\n\r\ndone$/)
    peer.socket.end()
    await drained
  })

  it('answers a request that has begun to arrive', async () => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send(request + request.slice(0, 20))
    await peer.answer()
    const drained = server.listener.drain(never)
    peer.send(request.slice(20))
    expect(await peer.toEnd()).toMatch(/\r\nConnection: close\r\n\r\n\/a$/)
    peer.socket.end()
    await drained
  })

  it('ends streams', async () => {
    const opened = Promise.withResolvers<ResponseSink>()
    await using server = await ListenerUnderTest.open({
      handler: () => ({ status: 200, headers: [], stream: opened.resolve }),
    })
    await using peer = await server.connect()
    peer.send(request)
    const sink = await opened.promise
    sink.write('last words')
    const drained = server.listener.drain(never)
    expect(await peer.toEnd()).toMatch(/last words$/)
    peer.socket.end()
    await drained
  })

  it('waits no longer than it is told; what is left is closed when it is disposed of', async () => {
    const server = await ListenerUnderTest.open({ handler: () => new Promise(() => {}) })
    await using peer = await server.connect()
    peer.send(request)
    await server.asked(1)
    const deadline = new AbortController()
    const drained = server.listener.drain(deadline.signal)
    deadline.abort()
    await drained
    expect(server.events.closed).toBe(0)
    await server[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    expect(await peer.toEnd()).toBe('')
    expect(server.events.closed).toBe(1)
  })

  it('is asked for an address that is taken, and says so', async () => {
    await using server = await ListenerUnderTest.open()
    const again = openListener({
      address: '127.0.0.1',
      port: server.listener.port,
      events: server.events,
      handler: () => ({ status: 200, headers: [] }),
    })
    await expect(again).rejects.toThrow('EADDRINUSE')
  })
})

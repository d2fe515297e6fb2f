import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../src/http-message.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const request = 'GET /a HTTP/1.1\r\nHost: im.example.com\r\n\r\n'

describe('limits of time', () => {
  it('answer 408 when a head does not arrive', async () => {
    await using server = await ListenerUnderTest.open({ limits: { headMs: 10_000 } })
    await using peer = await server.connect()
    // The rest comes with the first request, whose answer proves that it has come.
    peer.send(`${request}GET /b HTTP/1.1\r\n`)
    await peer.answer()
    server.clock.elapse(9_000)
    expect(server.events.refusedRequests).toEqual([])
    server.clock.elapse(3_000)
    expect(await peer.toEnd()).toContain('HTTP/1.1 408 ')
  })

  it('give the body longer than the head, and count from the first byte', async () => {
    await using server = await ListenerUnderTest.open({ limits: { headMs: 10_000, requestMs: 30_000 } })
    await using peer = await server.connect()
    peer.send(`${request}NOTIFY /b HTTP/1.1\r\nHost: im\r\nContent-Length: 5\r\n\r\n12`)
    await peer.answer()
    server.clock.elapse(29_000)
    expect(server.events.refusedRequests).toEqual([])
    server.clock.elapse(3_000)
    expect(await peer.toEnd()).toContain('HTTP/1.1 408 ')
  })

  it('give a body longer as long as it comes at the least speed', async () => {
    await using server = await ListenerUnderTest.open({ limits: { requestMs: 30_000, bodyBytesPerSecond: 1_000 } })
    await using peer = await server.connect()
    peer.send(`${request}NOTIFY /b HTTP/1.1\r\nHost: im\r\nContent-Length: 50000\r\n\r\n${'a'.repeat(20_000)}`)
    await peer.answer()
    server.clock.elapse(49_000)
    expect(server.events.refusedRequests).toEqual([])
    server.clock.elapse(3_000)
    expect(await peer.toEnd()).toContain('HTTP/1.1 408 ')
  })

  it('do not count while the handler works', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({ handler: () => answer.promise })
    await using peer = await server.connect()
    peer.send(request)
    await server.asked(1)
    server.clock.elapse(3_600_000)
    answer.resolve({ status: 200, headers: [] })
    expect((await peer.answer()).status).toBe(200)
  })

  it('cut off a peer that does not take its answer', async () => {
    await using server = await ListenerUnderTest.open({
      handler: () => ({ status: 200, headers: [], body: new Uint8Array(20_000_000) }),
    })
    await using peer = await server.connect()
    peer.socket.pause()
    peer.send(request)
    await server.asked(1)
    server.clock.elapse(122_000)
    await server.events.until(() => server.events.closed === 1)
  })

  it('leave a slow peer the time to take its last answer', async () => {
    await using server = await ListenerUnderTest.open({
      handler: () => ({ status: 200, headers: [], body: new Uint8Array(20_000_000), close: true }),
    })
    await using peer = await server.connect()
    peer.socket.pause()
    peer.send(request)
    await server.asked(1)
    server.clock.elapse(60_000)
    peer.socket.resume()
    expect((await peer.answer()).body).toHaveLength(20_000_000)
  })

  it('cut off a peer that does not close after its last answer', async () => {
    await using server = await ListenerUnderTest.open({ limits: { lingerMs: 5_000 } })
    await using peer = await server.connect()
    peer.send('nonsense\r\n\r\n')
    expect(await peer.toEnd()).toContain(' 400 ')
    expect(server.events.closed).toBe(0)
    server.clock.elapse(7_000)
    await server.events.until(() => server.events.closed === 1)
  })
})

describe('limits of size', () => {
  it('bound what is read after a last answer', async () => {
    await using server = await ListenerUnderTest.open({ limits: { lingerBytes: 1000 } })
    await using peer = await server.connect()
    peer.send(`nonsense\r\n\r\n${'a'.repeat(100)}`)
    await peer.toEnd()
    peer.send('a'.repeat(2000))
    await server.events.until(() => server.events.closed === 1)
  })

  it('keep later requests in the kernel while an earlier one is answered', async () => {
    const answer = Promise.withResolvers<HttpResponse>()
    await using server = await ListenerUnderTest.open({
      limits: { waitingBytes: 1000 },
      handler: ({ target }) => (target === '/first' ? answer.promise : { status: 200, headers: [] }),
    })
    await using peer = await server.connect()
    peer.send(request.replace('/a', '/first'))
    // More than the kernel holds on both sides.
    const large = `NOTIFY / HTTP/1.1\r\nHost: im\r\nContent-Length: 300000\r\n\r\n${'a'.repeat(300_000)}`
    for (let count = 0; count < 100; count++) peer.send(large)
    // Turns enough for everything to be taken, if it were.
    await using other = await server.connect()
    for (let turn = 0; turn < 500; turn++) {
      other.send(request)
      await other.answer()
    }
    expect(peer.socket.writableLength).toBeGreaterThan(10_000_000)
    answer.resolve({ status: 200, headers: [] })
    expect(await peer.answers(101)).toHaveLength(101)
  })

  it('serve no further request while a peer does not take its answers', async () => {
    await using server = await ListenerUnderTest.open({
      handler: () => ({ status: 200, headers: [], body: new Uint8Array(10_000_000) }),
    })
    await using peer = await server.connect()
    peer.socket.pause()
    peer.send(request.repeat(10))
    await server.asked(1)
    await using other = await server.connect()
    other.send(request)
    await other.answer()
    expect(server.requests).toHaveLength(2)
    peer.socket.resume()
    expect(await peer.answers(10)).toHaveLength(10)
  })

  it('bound the unfinished requests of all connections together', async () => {
    await using server = await ListenerUnderTest.open({ limits: { bufferedBytes: 100_000 } })
    const part = `NOTIFY / HTTP/1.1\r\nHost: im\r\nContent-Length: 60000\r\n\r\n${'a'.repeat(59_999)}`
    await using first = await server.connect()
    await using second = await server.connect()
    first.send(part)
    second.send(part)
    await server.events.until(() => server.events.refusedRequests.length === 1)
    expect(server.events.refusedRequests).toMatchObject([{ status: 503 }])
    first.send('a')
    second.send('a')
    await Promise.race([first.answer(), second.answer()])
    // What the refused one held is free again.
    await using third = await server.connect()
    third.send(`${part}a`)
    expect((await third.answer()).status).toBe(200)
  })
})

describe('limits of number', () => {
  it('close what comes beyond the connections that one address may have', async () => {
    await using server = await ListenerUnderTest.open({ limits: { connectionsFromLoopback: 2 } })
    await using first = await server.connect()
    await using second = await server.connect()
    await server.events.until(() => server.events.opened === 2)
    await using third = await server.connect()
    expect(await third.toEnd()).toBe('')
    expect(server.events.refusedConnections).toEqual(['too many connections from this address'])
    first.socket.destroy()
    await server.events.until(() => server.events.closed === 1)
    await using fourth = await server.connect()
    for (const peer of [second, fourth]) {
      peer.send(request)
      expect((await peer.answer()).status).toBe(200)
    }
  })

  it('close what comes beyond the connections that the listener may have', async () => {
    await using server = await ListenerUnderTest.open({ limits: { connections: 1 } })
    await using first = await server.connect()
    await server.events.until(() => server.events.opened === 1)
    await using second = await server.connect()
    expect(await second.toEnd()).toBe('')
    expect(server.events.refusedConnections).toEqual(['too many connections'])
    first.send(request)
    expect((await first.answer()).status).toBe(200)
  })
})

import { systemIds } from '@parley/domain'
import { createStreamToken, type HttpRequest } from '@parley/http'
import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { bob, hq, locationOf, oslo, RouterUnderTest, sales } from './testing/router-under-test.ts'
import { neverSent, notHeld, perhapsSent } from './testing/scripted-client.ts'

function streamOf(node: LogicalUrl, method = 'GET'): HttpRequest {
  return requestFor(`/instmsg/streams/${createStreamToken(node, systemIds)}`, method)
}

function requestFor(target: string, method = 'GET'): HttpRequest {
  const connection = {
    remoteAddress: '10.0.0.9',
    remotePort: 1,
    localAddress: '10.0.0.1',
    localPort: 80,
    encrypted: false,
    state: undefined,
  }
  return { method, target, headers: { get: () => undefined, all: () => [] }, body: new Uint8Array(), connection }
}

describe('streams through a router', () => {
  it.each(['GET', 'POST'])('pass a %s on to the home of the node that the token names', async (method) => {
    const { router, client } = await RouterUnderTest.open()
    const request = streamOf(bob, method)
    expect(await router.streams.handle(request)).toEqual({ status: 200, headers: [['X-Holder', 'one']] })
    expect(client.sent).toEqual([`one ${method} ${request.target}`])
  })

  it('are found when a proxy made the target a whole URL', async () => {
    const { router } = await RouterUnderTest.open()
    const { target } = streamOf(bob)
    expect(await router.streams.handle(requestFor(`http://im.example.com${target}`))).toMatchObject({ status: 200 })
  })

  it('leave other paths to others', async () => {
    const { router } = await RouterUnderTest.open()
    expect(router.streams.handle(requestFor('/instmsg/aliases/bob'))).toBeUndefined()
  })

  it.each([
    ['no token', '/instmsg/streams/'],
    ['nonsense', '/instmsg/streams/%20..%2f'],
    ['no node', '/instmsg/streams/Li4.abc'],
    ['nobody', streamOf(userUrl('im.example.com', 'nobody')).target],
    ['a node of another domain', streamOf(userUrl('im.other.example', 'bob')).target],
    ['a group', streamOf(sales).target],
  ])('are not found for %s', async (_, target) => {
    const { router, client, map } = await RouterUnderTest.open()
    await map.put([locationOf(sales)])
    const answer = await router.streams.handle(requestFor(target))
    expect(answer).toMatchObject({ status: 404, headers: expect.arrayContaining([['Cache-Control', 'no-store']]) })
    expect(client.sent).toEqual([])
  })

  it('come back in two seconds when nobody holds the home', async () => {
    const { router, leases } = await RouterUnderTest.open()
    await leases.release(hq, leases.epoch(hq))
    expect(await router.streams.handle(streamOf(bob))).toMatchObject({
      status: 503,
      headers: expect.arrayContaining([['Retry-After', '2']]),
    })
  })

  it.each([
    ['refuses', notHeld],
    ['cannot be reached', neverSent],
    ['went away', perhapsSent],
  ])('come back when the holder %s, and find the next one', async (_, failure) => {
    const test = await RouterUnderTest.open()
    test.client.on('one', failure)
    await test.router.streams.handle(streamOf(bob))
    test.holders[Symbol.dispose]()
    await test.handOver(hq, 'two')
    expect(await test.router.streams.handle(streamOf(bob))).toMatchObject({ headers: [['X-Holder', 'two']] })
  })

  it('find the new home of a user who moved, even when nobody told', async () => {
    const test = await RouterUnderTest.open()
    await test.take(oslo, 'two')
    await test.router.streams.handle(streamOf(bob))
    test.locations[Symbol.dispose]()
    await test.map.move(bob, hq, oslo)
    test.client.on('one', notHeld)
    expect(await test.router.streams.handle(streamOf(bob))).toMatchObject({ status: 503 })
    expect(await test.router.streams.handle(streamOf(bob))).toMatchObject({ headers: [['X-Holder', 'two']] })
  })

  it('come back while the map does not answer', async () => {
    const { router, map } = await RouterUnderTest.open()
    map.locate = () => {
      throw new UnavailableError('the map does not answer')
    }
    expect(await router.streams.handle(streamOf(bob))).toMatchObject({ status: 503 })
  })

  it('hand a bug to the listener', async () => {
    const { router, client } = await RouterUnderTest.open()
    const bug = new TypeError('a bug')
    client.on('one', () => {
      throw bug
    })
    await expect(router.streams.handle(streamOf(bob))).rejects.toBe(bug)
  })
})

import { NodeUnreachableError, NotHeldError, type RvpRequest, type RvpResponse } from '@parley/http'
import { header, NotFoundError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { alice, bob, hq, locationOf, oslo, RouterUnderTest, requestOf, settled } from './testing/router-under-test.ts'
import { neverSent, notHeld, perhapsSent } from './testing/scripted-client.ts'

/** Sends a request, and remembers what becomes of it. */
function send(test: RouterUnderTest, request: RvpRequest): { answer?: RvpResponse; err?: unknown } {
  const outcome: { answer?: RvpResponse; err?: unknown } = {}
  test.router.handle(request).then(
    (answer) => {
      outcome.answer = answer
    },
    (err: unknown) => {
      outcome.err = err
    },
  )
  return outcome
}

/** Of a renewal, which may run twice. */
const renewal = { headers: { [header.subscriptionId]: '4711' } }

describe('the router while a home is handed over', () => {
  it.each([
    ['refuses', notHeld],
    ['cannot be reached', neverSent],
  ])('hands any request to the next holder when the last one %s', async (_, failure) => {
    const test = await RouterUnderTest.open()
    test.client.on('one', failure)
    const outcome = send(test, requestOf('NOTIFY'))
    await settled()
    expect(test.router.counts()).toEqual({ held: 1, heldBytes: 0 })
    await test.handOver(hq, 'two')
    await test.elapse(100)
    expect(outcome.answer).toMatchObject({ status: 200, headers: [['X-Holder', 'two']] })
    expect(test.client.sent).toEqual(['one NOTIFY r', 'two NOTIFY r'])
    expect(test.router.counts()).toEqual({ held: 0, heldBytes: 0 })
    expect(test.told.filter((told) => !told.startsWith('unreachable'))).toEqual(['held hq-1 r', 'forwarded hq-1 2'])
  })

  it.each([
    ['PROPFIND', {}],
    ['PROPPATCH', {}],
    ['SUBSCRIBE', renewal],
  ])('sends a %s again that may have arrived', async (method, given) => {
    const test = await RouterUnderTest.open()
    test.client.on('one', perhapsSent)
    const outcome = send(test, requestOf(method, given))
    await settled()
    await test.handOver(hq, 'two')
    await test.elapse(100)
    expect(outcome.answer).toMatchObject({ status: 200 })
    expect(test.told).toContain('unreachable one r')
  })

  it.each(['NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE'])(
    'answers 503 at once for a %s that may have arrived',
    async (method) => {
      const test = await RouterUnderTest.open()
      test.client.on('one', perhapsSent)
      const outcome = send(test, requestOf(method))
      await settled()
      expect(outcome.err).toBeInstanceOf(NodeUnreachableError)
      expect(outcome.err).toMatchObject({ status: 503, headers: [['Retry-After', '5']] })
      expect(test.client.sent).toHaveLength(1)
      expect(test.told).toEqual(['unreachable one r'])
    },
  )

  it('sends a message that was never sent no more once it may have arrived', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', neverSent)
    test.client.on('two', perhapsSent)
    const outcome = send(test, requestOf('NOTIFY'))
    await settled()
    await test.handOver(hq, 'two')
    await test.elapse(100)
    await test.handOver(hq, 'three')
    await test.elapse(10_000)
    expect(outcome.err).toMatchObject({ mayHaveArrived: true })
    expect(test.client.sent).toEqual(['one NOTIFY r', 'two NOTIFY r'])
  })

  it('tries the same holder again after a while, whose lease may be good', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', neverSent)
    const outcome = send(test, requestOf('NOTIFY'))
    await settled()
    test.client.on('one', () => ({ status: 200 }))
    await test.elapse(200)
    expect(outcome.answer).toBeUndefined()
    await test.elapse(100)
    expect(outcome.answer).toEqual({ status: 200 })
  })

  it('waits for somebody to take a home that nobody holds', async () => {
    const test = await RouterUnderTest.open()
    await test.leases.release(hq, test.leases.epoch(hq))
    const outcome = send(test, requestOf('NOTIFY'))
    await test.elapse(5_000)
    expect(outcome).toEqual({})
    await test.take(hq, 'two')
    await test.elapse(100)
    expect(outcome.answer).toMatchObject({ headers: [['X-Holder', 'two']] })
  })

  it('gives up with 503 and Retry-After when nobody takes it for ten seconds', async () => {
    const test = await RouterUnderTest.open()
    await test.leases.release(hq, test.leases.epoch(hq))
    const outcome = send(test, requestOf('NOTIFY'))
    await test.elapse(9_900)
    expect(outcome).toEqual({})
    await test.elapse(200)
    expect(outcome.err).toBeInstanceOf(UnavailableError)
    expect(outcome.err).toMatchObject({ status: 503, headers: [['Retry-After', '5']] })
    expect(test.told.at(-1)).toBe('unheld hq-1')
    expect(test.router.counts()).toEqual({ held: 0, heldBytes: 0 })
  })

  it('gives up with what went wrong last', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', notHeld)
    const outcome = send(test, requestOf('PROPFIND'))
    await test.elapse(10_100)
    expect(outcome.err).toBeInstanceOf(NotHeldError)
    expect(test.client.sent.length).toBeGreaterThan(8)
    expect(test.client.sent.length).toBeLessThan(20)
  })

  it('gives up after so many attempts, however much time is left', async () => {
    const test = await RouterUnderTest.open({ limits: { maxAttempts: 3 } })
    test.client.on('one', notHeld)
    const outcome = send(test, requestOf('PROPFIND'))
    await test.elapse(5_000)
    expect(outcome.err).toBeInstanceOf(NotHeldError)
    expect(test.client.sent).toHaveLength(3)
  })

  it('asks a new holder that is not ready often at first, however long the last one was away', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', notHeld)
    test.client.on('two', notHeld)
    const outcome = send(test, requestOf('NOTIFY'))
    await test.elapse(5_000)
    await test.handOver(hq, 'two')
    await test.elapse(100)
    test.client.on('two', () => ({ status: 200 }))
    await test.elapse(200)
    expect(outcome.answer).toEqual({ status: 200 })
  })

  it('goes on waiting while nobody can tell who holds the home', async () => {
    const test = await RouterUnderTest.open()
    await test.router.handle(requestOf('NOTIFY'))
    test.client.on('one', neverSent)
    const { lease } = test.leases
    test.leases.lease = async () => {
      throw new UnavailableError('the leases do not answer')
    }
    const outcome = send(test, requestOf('NOTIFY'))
    await test.elapse(3_000)
    expect(outcome).toEqual({})
    test.leases.lease = lease
    await test.handOver(hq, 'two')
    await test.elapse(1_000)
    expect(outcome.answer).toMatchObject({ headers: [['X-Holder', 'two']] })
  })

  it('follows a node that moved to another home, even when nobody told', async () => {
    const test = await RouterUnderTest.open()
    await test.take(oslo, 'two')
    await test.router.handle(requestOf('NOTIFY'))
    test.locations[Symbol.dispose]()
    await test.map.move(bob, hq, oslo)
    test.client.on('one', notHeld)
    const outcome = send(test, requestOf('NOTIFY'))
    await settled()
    expect(outcome.answer).toMatchObject({ headers: [['X-Holder', 'two']] })
  })

  it('does not find a node that was removed meanwhile', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', notHeld)
    const outcome = send(test, requestOf('NOTIFY'))
    await settled()
    await test.map.remove([bob])
    await test.elapse(1_000)
    expect(outcome.err).toBeInstanceOf(NotFoundError)
  })
})

describe('the router while a home is handed over: bounds', () => {
  it('refuses at once what is too much for one home, and serves the others', async () => {
    const test = await RouterUnderTest.open({ limits: { maxHeldPerHome: 3 } })
    await test.take(oslo, 'two')
    await test.map.put([locationOf(alice, oslo)])
    test.client.on('one', neverSent)
    const held = [1, 2, 3].map(() => send(test, requestOf('NOTIFY')))
    await settled()
    const refused = send(test, requestOf('NOTIFY'))
    await settled()
    expect(held).toEqual([{}, {}, {}])
    expect(refused.err).toMatchObject({ status: 503, headers: [['Retry-After', '5']] })
    expect(test.told).toContain('overflowed hq-1')
    expect(await test.router.handle(requestOf('PROPFIND', { node: alice }))).toMatchObject({ status: 200 })
  })

  it('holds no more bytes than it may', async () => {
    const test = await RouterUnderTest.open({ limits: { maxHeldBytes: 1_000 } })
    test.client.on('one', neverSent)
    const request = requestOf('NOTIFY', { bytes: new Uint8Array(600) })
    const held = send(test, request)
    const refused = send(test, request)
    await settled()
    expect(held).toEqual({})
    expect(refused.err).toMatchObject({ status: 503 })
    expect(test.router.counts()).toEqual({ held: 1, heldBytes: 600 })
  })
})

describe('the router while a home is handed over: order (promise 3)', () => {
  it('delivers the messages of one sender to one recipient in the order in which they came', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', neverSent)
    const outcomes = [send(test, requestOf('NOTIFY', { requestId: '1' }))]
    await test.elapse(100)
    outcomes.push(send(test, requestOf('NOTIFY', { requestId: '2' })))
    await test.elapse(100)
    const { promise: delivered, resolve } = Promise.withResolvers<RvpResponse>()
    test.client.on('two', ({ requestId }) => (requestId === '1' ? delivered : { status: 200 }))
    await test.handOver(hq, 'two')
    // The new holder is known by now: this one could be forwarded at once.
    outcomes.push(send(test, requestOf('NOTIFY', { requestId: '3' })))
    await test.elapse(1_000)
    expect(test.client.sent).toEqual(['one NOTIFY 1', 'two NOTIFY 1'])
    resolve({ status: 200 })
    await test.elapse(1_000)
    expect(test.client.sent.slice(1)).toEqual(['two NOTIFY 1', 'two NOTIFY 2', 'two NOTIFY 3'])
    expect(outcomes.map(({ answer }) => answer?.status)).toEqual([200, 200, 200])
    send(test, requestOf('NOTIFY', { requestId: '4' }))
    expect(test.client.sent).toContain('two NOTIFY 4')
  })

  it('sends no message to the next holder while one before it is unanswered at the last', async () => {
    const test = await RouterUnderTest.open()
    const stalled = Promise.withResolvers<RvpResponse>()
    test.client.on('one', () => stalled.promise)
    const first = send(test, requestOf('NOTIFY', { requestId: '1' }))
    await settled()
    await test.handOver(hq, 'two')
    const second = send(test, requestOf('NOTIFY', { requestId: '2' }))
    const read = send(test, requestOf('PROPFIND', { requestId: '3' }))
    await test.elapse(2_000)
    expect(test.client.sent).toEqual(['one NOTIFY 1', 'two PROPFIND 3'])
    expect(read.answer?.status).toBe(200)
    stalled.reject(new NotHeldError())
    await test.elapse(1_000)
    expect(test.client.sent.slice(2)).toEqual(['two NOTIFY 1', 'two NOTIFY 2'])
    expect([first, second].map(({ answer }) => answer?.status)).toEqual([200, 200])
    send(test, requestOf('NOTIFY', { requestId: '4' }))
    expect(test.client.sent).toContain('two NOTIFY 4')
  })

  it('tells the sender of a message that comes after one which the last holder never answers', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', () => new Promise<never>(() => {}))
    send(test, requestOf('NOTIFY', { requestId: '1' }))
    await settled()
    await test.handOver(hq, 'two')
    const second = send(test, requestOf('NOTIFY', { requestId: '2' }))
    await test.elapse(10_100)
    expect(second.err).toMatchObject({ status: 503 })
    expect(test.client.sent).toEqual(['one NOTIFY 1'])
  })

  it('sends messages at the same time to one holder', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', () => new Promise<never>(() => {}))
    for (const requestId of ['1', '2']) send(test, requestOf('NOTIFY', { requestId }))
    await settled()
    expect(test.client.sent).toEqual(['one NOTIFY 1', 'one NOTIFY 2'])
  })

  it('keeps the order of several that the last holder refuses in another one', async () => {
    const test = await RouterUnderTest.open()
    const answers = ['1', '2'].map((requestId) => ({ requestId, ...Promise.withResolvers<RvpResponse>() }))
    test.client.on(
      'one',
      ({ requestId }) => answers.find((each) => each.requestId === requestId)?.promise ?? new Promise<never>(() => {}),
    )
    for (const { requestId } of answers) send(test, requestOf('NOTIFY', { requestId }))
    await settled()
    await test.handOver(hq, 'two')
    for (const { reject } of answers.toReversed()) {
      reject(new NotHeldError())
      await test.elapse(500)
    }
    await test.elapse(1_000)
    expect(test.client.sent.slice(2)).toEqual(['two NOTIFY 1', 'two NOTIFY 2'])
  })

  it('keeps nobody waiting behind the messages of others', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', neverSent)
    send(test, requestOf('NOTIFY', { requestId: '1' }))
    await settled()
    test.client.on('one', () => ({ status: 200 }))
    const own = requestOf('NOTIFY', { requestId: '2', identity: { principal: bob, scheme: 'ntlm' } })
    expect(await test.router.handle(own)).toEqual({ status: 200 })
  })

  it('tells a sender whose message waits for too long behind another one', async () => {
    const test = await RouterUnderTest.open()
    test.client.on('one', neverSent)
    const first = send(test, requestOf('NOTIFY', { requestId: '1' }))
    await settled()
    test.client.on('one', () => new Promise<never>(() => {}))
    await test.elapse(1_000)
    const second = send(test, requestOf('NOTIFY', { requestId: '2' }))
    await test.elapse(10_000)
    expect(first).toEqual({})
    expect(second.err).toMatchObject({ status: 503 })
    expect(test.client.sent).not.toContain('one NOTIFY 2')
  })
})

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { ForbiddenError, RecipientUnavailableError, rvpMethods } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { NodeUnreachableError, NotHeldError } from '../src/cluster-client.ts'
import { passedHeaders } from '../src/cluster-exchange.ts'
import type { RvpRequest, RvpResponse } from '../src/rvp-exchange.ts'
import { alice, bob, ClusterUnderTest, clientRequest } from './cluster-under-test.ts'

/** A service whose answers wait until the test gives them. */
function heldBack() {
  const waiting: { request: RvpRequest; answer: (response: RvpResponse) => void }[] = []
  const service = (request: RvpRequest): Promise<RvpResponse> => {
    const { promise, resolve } = Promise.withResolvers<RvpResponse>()
    waiting.push({ request, answer: resolve })
    return promise
  }
  return { waiting, service }
}

const text = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString()

describe('a request that is handed on to a home', () => {
  it.each(rvpMethods)('%s arrives as the edge got it, and its answer comes back', async (method) => {
    const seen: RvpRequest[] = []
    await using cluster = await ClusterUnderTest.open({
      service: (request) => {
        seen.push(request)
        return { status: 207, headers: [['Subscription-Id', '17']], xml: '<a>ä</a>' }
      },
    })
    const headers = { Depth: '0', 'RVP-Hop-Count': '3', 'RVP-Ack-Type': 'DeepOr', 'Subscription-Id': '5' }
    const sent = clientRequest(method, { headers, body: '<b>ö</b>' })
    const answer = await cluster.client.forward(cluster.lease(), sent)
    expect({ ...answer, body: text(answer.body) }).toEqual({
      status: 207,
      headers: [
        ['Subscription-Id', '17'],
        ['Content-Type', 'text/xml'],
      ],
      body: '<a>ä</a>',
    })
    const [got] = seen
    const { node, href, authority, identity, callerHref, body, clientAddress, requestId, requestHost } = sent
    expect(got).toMatchObject({
      ...{ method, node, href, authority, identity, callerHref, body, clientAddress, requestId, requestHost },
    })
    for (const [name, value] of Object.entries(headers)) expect(got?.header(name)).toBe(value)
    expect(got?.header('Call-Back')).toBeUndefined()
    expect(cluster.finished).toMatchObject([{ reqId: 'edge-1', method, node: bob, principal: alice, status: 207 }])
  })

  it('resolves URLs as the edge does: by the Host that the client sent', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: ({ resolve }) => ({
        status: 200,
        xml: String(
          ['http://im/instmsg/aliases/A', 'http://10.9.8.7/instmsg/aliases/a', 'http://other/a'].map(resolve),
        ),
      }),
    })
    const answer = await cluster.client.forward(
      cluster.lease(),
      clientRequest('PROPFIND', { requestHost: '10.9.8.7:8080' }),
    )
    expect(text(answer.body)).toBe(`${alice.replace('alice', 'a')},${alice.replace('alice', 'a')},`)
  })

  it('lets a server of another domain name its own nodes, and nobody else', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: ({ resolve }) => ({ status: 200, xml: String(resolve('http://IM.example.org/instmsg/aliases/Zoe')) }),
    })
    const principal = 'http://im.example.org/instmsg/aliases/zoe' as typeof alice
    const ask = async (scheme: 'federated' | 'ntlm') => {
      const request = clientRequest('SUBSCRIBE', { identity: { principal, scheme } })
      return text((await cluster.client.forward(cluster.lease(), request)).body)
    }
    expect(await ask('federated')).toBe(principal)
    expect(await ask('ntlm')).toBe('undefined')
  })

  it('may be as large as RVP allows, and so may its answer', async () => {
    await using cluster = await ClusterUnderTest.open({ service: ({ body }) => ({ status: 200, xml: body + body }) })
    const body = 'ü'.repeat(200_000)
    const answer = await cluster.client.forward(cluster.lease(), clientRequest('NOTIFY', { body }))
    expect(text(answer.body) === body + body).toBe(true)
  })

  it('is answered with the error of the home, its headers, and the request id of the edge', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: () => {
        throw new ForbiddenError('not for you', { headers: [['Retry-After', '7']], detail: 'private' })
      },
    })
    const answer = await cluster.client.forward(cluster.lease(), clientRequest('ACL'))
    expect(answer.status).toBe(403)
    expect(answer.headers).toContainEqual(['Retry-After', '7'])
    expect(answer.headers).toContainEqual(['X-Request-Id', 'edge-1'])
    expect(text(answer.body)).toBe('not for you (request edge-1)\n')
    expect(cluster.finished[0]?.err).toMatchObject({ message: 'private' })
  })

  it('is refused by a process that does not hold the home, or not any more', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: () => {
        throw new NotHeldError()
      },
    })
    for (const home of ['hq-1', 'hq-2']) {
      await expect(cluster.client.forward(cluster.lease(home), clientRequest('ACL'))).rejects.toThrow(NotHeldError)
    }
  })

  it('leaves its connection for the next one, after a NOTIFY with a body, too', async () => {
    await using cluster = await ClusterUnderTest.open()
    for (let count = 0; count < 10; count++) {
      await cluster.client.forward(cluster.lease(), clientRequest('NOTIFY', { body: 'hello' }))
    }
    // The first connection is not free at once when its answer is there.
    expect(cluster.server.events.opened).toBeLessThanOrEqual(2)
  })

  it('is not copied from a home with the headers of its connection', () => {
    const raw = [
      'Date',
      'x',
      'Connection',
      'close',
      'content-length',
      '1',
      'RVP-Notifications-Version',
      '0.2',
      'X-a',
      'b',
    ]
    expect(passedHeaders(raw.map((part) => Buffer.from(part)))).toEqual([['X-a', 'b']])
  })
})

describe('a process that does not answer', () => {
  it('has not got a request that it took no connection for', async () => {
    await using cluster = await ClusterUnderTest.open()
    const lease = cluster.lease()
    await cluster.server[Symbol.asyncDispose]()
    await expect(cluster.client.forward(lease, clientRequest('NOTIFY', { body: 'hello' }))).rejects.toMatchObject({
      name: 'NodeUnreachableError',
      mayHaveArrived: false,
      status: 503,
    })
  })

  it('has got none of the requests that waited for its connections either, each of which fails', async () => {
    await using cluster = await ClusterUnderTest.open({ limits: { writeConnections: 2, deliveryConnections: 2 } })
    const lease = cluster.lease()
    await cluster.server[Symbol.asyncDispose]()
    const methods = ['PROPPATCH', 'NOTIFY'] as const
    const sent = methods.flatMap((method) =>
      [1, 2, 3, 4, 5].map(() => cluster.client.forward(lease, clientRequest(method))),
    )
    for (const outcome of await Promise.allSettled(sent)) {
      expect(outcome).toMatchObject({ reason: { name: 'NodeUnreachableError', mayHaveArrived: false } })
    }
  })

  it('may have got a request when it dies over it', async () => {
    const { waiting, service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service })
    const answer = cluster.client.forward(cluster.lease(), clientRequest('NOTIFY', { body: 'hello' }))
    const dies = expect(answer).rejects.toMatchObject({ mayHaveArrived: true, timedOut: false })
    await cluster.server.asked(1)
    await cluster.server[Symbol.asyncDispose]()
    await dies
    expect(waiting).toHaveLength(1)
  })

  it('gets nothing twice that was pipelined when its connection broke', async () => {
    const { waiting, service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service, limits: { readConnections: 1 } })
    const answers = Array.from({ length: 5 }, () => cluster.client.forward(cluster.lease(), clientRequest('PROPFIND')))
    const settled = Promise.allSettled(answers)
    await cluster.server.asked(1)
    cluster.server.listener.drain(AbortSignal.abort())
    waiting[0]?.answer({ status: 200 })
    const results = await settled
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', ...Array(4).fill('rejected')])
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ reason: { name: 'NodeUnreachableError', mayHaveArrived: true } })
    }
    expect(waiting).toHaveLength(1)
  })

  it('has its time', async () => {
    const { service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service, limits: { deliveryMs: 50 } })
    await expect(cluster.client.forward(cluster.lease(), clientRequest('NOTIFY'))).rejects.toMatchObject({
      mayHaveArrived: true,
      timedOut: true,
    })
  })

  it('has no more time when the answer stops in its middle', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using cluster = await ClusterUnderTest.open({ limits: { answerMs: 50 } })
    const lease = cluster.lease()
    const clusterUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const answer = cluster.client.forward({ ...lease, holder: { id: 'hangs', clusterUrl } }, clientRequest('PROPFIND'))
    await expect(answer).rejects.toMatchObject({ mayHaveArrived: true, timedOut: true })
    server.close()
  })

  it('has its time for all that was pipelined', async () => {
    const { service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service, limits: { answerMs: 50, readConnections: 1 } })
    const answers = [1, 2, 3].map(() => cluster.client.forward(cluster.lease(), clientRequest('PROPFIND')))
    for (const { status } of await Promise.allSettled(answers)) expect(status).toBe('rejected')
    expect(cluster.server.requests).toHaveLength(1)
  })

  it('is forgotten when nobody has asked it for long', async () => {
    await using first = await ClusterUnderTest.open()
    await using second = await ClusterUnderTest.open()
    await first.client.forward(first.lease(), clientRequest('PROPFIND'))
    first.clock.elapse(20_000)
    await first.client.forward(first.lease(), clientRequest('PROPFIND'))
    first.clock.elapse(300_000)
    second.clock.elapse(320_000)
    expect(first.server.events.closed).toBe(0)
    await first.client.forward(second.lease(), clientRequest('PROPFIND'))
    await first.server.events.until(() => first.server.events.closed === 1)
  })

  it('is believed no answer that is too long', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: () => ({ status: 200, xml: 'a'.repeat(1001) }),
      limits: { answerBytes: 1000 },
    })
    await expect(cluster.client.forward(cluster.lease(), clientRequest('PROPFIND'))).rejects.toThrow(
      NodeUnreachableError,
    )
  })
})

describe('requests to one process', () => {
  it('do not wait behind notifications whose devices are slow', async () => {
    const { waiting, service } = heldBack()
    await using cluster = await ClusterUnderTest.open({
      service: (request) => (request.method === 'NOTIFY' ? service(request) : { status: 207 }),
      limits: { deliveryConnections: 4, waiting: 100 },
    })
    const slow = Array.from({ length: 20 }, () => cluster.client.forward(cluster.lease(), clientRequest('NOTIFY')))
    await cluster.server.asked(4)
    for (const method of rvpMethods.filter((each) => each !== 'NOTIFY')) {
      const answers = Array.from({ length: 20 }, () => cluster.client.forward(cluster.lease(), clientRequest(method)))
      expect((await Promise.all(answers)).every(({ status }) => status === 207)).toBe(true)
    }
    expect(waiting).toHaveLength(4)
    for (let count = 0; count < 20; count++) {
      await cluster.server.events.until(() => waiting.length > count)
      waiting[count]?.answer({ status: 200 })
    }
    expect((await Promise.all(slow)).every(({ status }) => status === 200)).toBe(true)
  })

  it('use no more connections than they may, and wait in bounded number and time', async () => {
    const { waiting, service } = heldBack()
    await using cluster = await ClusterUnderTest.open({
      service,
      limits: { deliveryConnections: 2, waiting: 1, waitMs: 1_000 },
    })
    const forward = () => cluster.client.forward(cluster.lease(), clientRequest('NOTIFY'))
    const sent = [forward(), forward()]
    const third = forward()
    const neverSent = { name: 'NodeUnreachableError', mayHaveArrived: false }
    await expect(forward()).rejects.toMatchObject(neverSent)
    cluster.clock.elapse(1_000)
    await expect(third).rejects.toMatchObject(neverSent)
    await cluster.server.asked(2)
    for (const { answer } of waiting) answer({ status: 200 })
    expect(await Promise.all(sent)).toHaveLength(2)
    expect(cluster.server.events.opened).toBe(2)
  })

  it('are not sent any more when their home has got another holder while they waited', async () => {
    const { waiting, service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service, limits: { deliveryConnections: 1 } })
    const lease = cluster.lease()
    const [sent, ...unsent] = [1, 2, 3].map(() => cluster.client.forward(lease, clientRequest('NOTIFY')))
    await cluster.server.asked(1)
    cluster.client.superseded(cluster.lease('hq-2'))
    cluster.client.superseded(lease)
    cluster.client.superseded({ ...lease, epoch: lease.epoch + 1 })
    for (const each of unsent) await expect(each).rejects.toMatchObject({ mayHaveArrived: false })
    waiting[0]?.answer({ status: 200 })
    expect(await sent).toMatchObject({ status: 200 })
    expect(waiting).toHaveLength(1)
  })

  it('end when the client of the cluster is disposed of', async () => {
    const { service } = heldBack()
    await using cluster = await ClusterUnderTest.open({ service, limits: { deliveryConnections: 1 } })
    const answers = [1, 2].map(() => cluster.client.forward(cluster.lease(), clientRequest('NOTIFY')))
    const ended = Promise.allSettled(answers)
    await cluster.server.asked(1)
    await cluster.client[Symbol.asyncDispose]()
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

describe('what a home answers in its own words', () => {
  it('is passed on, whatever the status', async () => {
    await using cluster = await ClusterUnderTest.open({
      service: () => {
        throw new RecipientUnavailableError()
      },
    })
    expect(await cluster.client.forward(cluster.lease(), clientRequest('NOTIFY'))).toMatchObject({ status: 412 })
  })
})

import { OtlpReceiver, type ReceivedSpan } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { passwordOf } from './cluster/users-file.ts'
import { ParleyUser } from './parley-user.ts'

const text = 'a sentence that nobody else should read'

const open = new AsyncDisposableStack()
let receiver: OtlpReceiver
let cluster: ParleyCluster
beforeAll(async () => {
  receiver = open.use(await OtlpReceiver.start())
  const tracing = { endpoint: receiver.url, ratio: 1 }
  // Alice lives at one home, Bob at the other.
  const homes = ['hq-1', 'hq-2']
  cluster = open.use(await ParleyCluster.start({ users: ['alice', 'bob'], homes, settings: { tracing } }))
})
afterAll(async () => {
  await open.disposeAsync()
})

async function signOn(name: string): Promise<ParleyUser> {
  const port = Number(new URL(cluster.routers[0]?.url ?? '').port)
  return await ParleyUser.signOn({ port }, cluster.domain, cluster.account(name))
}

/** The spans from the first of a trace down to one that fits, once all of them have come. */
function wayTo(fits: (span: ReceivedSpan) => boolean): Promise<readonly ReceivedSpan[]> {
  return receiver.until(() => {
    for (const last of receiver.spans.filter(fits)) {
      const way = [last]
      while (way[0]?.parentSpanId) {
        const { parentSpanId, traceId } = way[0]
        const above = receiver.spans.find((span) => span.spanId === parentSpanId && span.traceId === traceId)
        if (!above) break
        way.unshift(above)
      }
      if (way[0]?.parentSpanId === '') return way
    }
    return undefined
  })
}

const told = ({ name, resource, attributes }: ReceivedSpan): string =>
  [resource['service.name'], name, attributes['parley.home']].filter((word) => word !== undefined).join(' ')

describe('traces of a cluster', () => {
  it('lead from the router over both homes to the inbox', async () => {
    await using alice = await signOn('alice')
    await using bob = await signOn('bob')
    await bob.addContact('alice')
    // The first ones may come by the report of the watch, rather than over the bus.
    for (const state of ['busy', 'away', 'busy', 'away', 'busy'] as const) {
      await alice.setState(state)
      await bob.seesBecome('alice', state)
    }
    const heard = await wayTo(
      ({ name, parentSpanId }) =>
        name === 'post' && receiver.spans.some((span) => span.spanId === parentSpanId && span.name === 'hear status'),
    )
    expect(heard.map(told)).toEqual([
      'parley-router PROPPATCH',
      expect.stringMatching(/^parley-router forward hq-[12]$/),
      expect.stringMatching(/^parley-home PROPPATCH hq-[12]$/),
      'parley-home publish status',
      'parley-home hear status',
      'parley-home post',
    ])
    expect(heard.map(({ kind }) => kind)).toEqual([2, 3, 2, 4, 5, 4])
    const [, , published, , hearing] = heard
    expect(hearing?.resource['service.instance.id']).not.toBe(published?.resource['service.instance.id'])
    const committed = receiver.spans.find(({ name, parentSpanId }) => {
      return name === 'commit' && parentSpanId === published?.spanId
    })
    expect(committed?.attributes).toMatchObject({ 'db.system.name': 'redis' })

    expect(await alice.send('bob', text)).toBe('delivered')
    expect((await bob.nextMessage()).text).toBe(text)
    const delivered = await wayTo(({ name }) => name === 'deliver')
    expect(delivered.map(({ name }) => name)).toEqual(['NOTIFY', 'forward', 'NOTIFY', 'deliver'])
    expect(delivered[0]?.attributes).toMatchObject({
      'http.request.method': 'NOTIFY',
      'http.response.status_code': expect.anything(),
      'parley.request.id': expect.any(String),
    })
    expect(delivered.at(-1)?.attributes).toMatchObject({ 'parley.inbox': 'stream', 'parley.outcome': 'delivered' })
  })

  it('begin anew at the router, whatever a client says', async () => {
    await using bob = await signOn('bob')
    const claimed = 'c'.repeat(32)
    const headers = [['traceparent', `00-${claimed}-${'d'.repeat(16)}-01`]] as const
    const before = receiver.spans.length
    await bob.ask({ method: 'SUBSCRIPTIONS', url: `http://${cluster.domain}/instmsg/aliases/bob`, headers })
    await receiver.until(() => receiver.spans.slice(before).find(({ name }) => name === 'SUBSCRIPTIONS'))
    expect(receiver.spans.filter(({ traceId }) => traceId === claimed)).toEqual([])
  })

  it('tell nothing of what is said, by whom, from where, or with which password', async () => {
    await Promise.all([...cluster.routers, ...cluster.homes].map((process) => process.stop()))
    const exported = Buffer.concat(receiver.bodies).toString()
    expect(exported).toContain('publish status')
    for (const secret of [text, passwordOf('alice'), 'alice', 'bob', 'instmsg', '127.0.0.1', 'Digest', 'streams']) {
      expect(exported).not.toContain(secret)
    }
  })
})

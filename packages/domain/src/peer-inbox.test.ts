import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { inboxContract } from './contracts/inbox-contract.ts'
import type { ForwardedNotification } from './home-peers.ts'
import type { DeliveryOutcome } from './inbox.ts'
import { PeerInboxes } from './peer-inbox.ts'
import { ClusterUnderTest, foreignNodeOf } from './testing/cluster-under-test.ts'
import { callerOf, nodeOf, settled } from './testing/domain-under-test.ts'

const probe = 'a notification that is on its way while the other home takes nothing'

inboxContract(async () => {
  const clock = new ManualClock()
  const got: string[] = []
  let go: (() => void) | undefined
  let stalled: Promise<void> | undefined
  const peers = {
    notify: async ({ body }: ForwardedNotification) => {
      await stalled
      if (body !== probe) got.push(body)
      return 'delivered' as const
    },
  }
  const limits = { waiting: 4, waitingLength: 10_000, deliverMs: 1_000 }
  const inboxes = new PeerInboxes({ peers, clock, limits })
  const inbox = inboxes.to(nodeOf('bob'), callerOf('alice'), 'DeepOr')
  return {
    inbox,
    capacity: limits.waiting,
    limitMs: limits.deliverMs,
    received: async (count) => {
      await expect.poll(() => got.length).toBeGreaterThanOrEqual(count)
      return got
    },
    stall: async () => {
      stalled = new Promise((resolve) => {
        go = resolve
      })
      inbox.post({ body: probe, hops: 1 })
    },
    resume: () => go?.(),
    elapse: async (ms) => {
      clock.elapse(ms)
      await settled()
    },
    [Symbol.asyncDispose]: async () => inboxes.close(),
  }
})

describe('watchers in another IM domain', () => {
  it('are sent a NOTIFY in the presentity’s name, until they unsubscribe', async () => {
    const cluster = await ClusterUnderTest.with({ hq: ['bob'] })
    const hq = cluster.home('hq')
    const watcher = foreignNodeOf('fay')
    const node = hq.user('bob')
    const subscription = await hq.subscriptions.create(node, {
      type: 'update/propchange',
      subscriber: watcher,
      target: { kind: 'node', node: watcher },
      href: nodeOf('bob'),
      subscriberHref: watcher,
      lifetimeSeconds: 60,
    })
    await cluster.setState('bob', 'online')
    await settled()
    expect(cluster.sentAbroad).toMatchObject([
      { node: watcher, sender: { principal: nodeOf('bob'), scheme: 'internal' }, ack: 'SingleHop' },
    ])
    expect(cluster.sentAbroad[0]?.body).toContain('<r:online/>')
    await hq.subscriptions.end(node, subscription.id, { principal: watcher, scheme: 'federated' })
    await cluster.setState('bob', 'busy')
    await settled()
    expect(cluster.sentAbroad).toHaveLength(1)
  })
})

describe('groups whose members live elsewhere, RVP §5.1.3', () => {
  it('reach them through their homes, in the sender’s name, unless they block the sender (promise 5)', async () => {
    const cluster = await ClusterUnderTest.with({ hq: ['bob'], oslo: ['alice', 'ann'] })
    const hq = cluster.home('hq')
    const group = await hq.nodes.create(nodeOf('all'), { kind: 'group', owner: nodeOf('bob') })
    for (const member of ['alice', 'ann']) await hq.subscribe(member, group.url, { type: 'pragma/notify' })
    const ann = cluster.home('oslo').user('ann')
    const shutOut = { principal: { kind: 'node', node: nodeOf('bob') }, credentials: 'any', grant: [] } as const
    ann.head = { kind: 'user', acl: [{ ...shutOut, deny: ['send-to'] }] }
    await hq.notifications.deliver(group, { sender: callerOf('bob'), ack: 'DeepOr', hops: 1, bodyFor: () => 'hello' })
    await settled()
    expect(cluster.inboxes.at('10.0.0.1:2').deliveries).toMatchObject([{ body: 'hello', hops: 4 }])
    expect(cluster.inboxes.at('10.0.0.1:3').bodies).toEqual([])
  })

  it('announce their properties to watchers elsewhere', async () => {
    const cluster = await ClusterUnderTest.with({ hq: ['bob'], oslo: ['alice'] })
    const hq = cluster.home('hq')
    const group = await hq.nodes.create(nodeOf('all'), { kind: 'group', owner: nodeOf('bob') })
    const readable = { principal: { kind: 'all' }, credentials: 'any', grant: ['read'], deny: [] } as const
    group.head = { ...group.head, acl: [readable] }
    await hq.subscribe('alice', group.url)
    await cluster.elapse(1_000)
    hq.audience.announce(group.url, 'key', (from, to) => `${from} tells ${to}`)
    await settled()
    expect(cluster.inboxes.at('10.0.0.1:2').bodies).toContain(`${nodeOf('all')} tells ${nodeOf('alice')}`)
  })
})

describe('a state whose receiver’s server is away', () => {
  function away() {
    const clock = new ManualClock()
    const sent: string[] = []
    const world = { outcome: 'unreachable' as DeliveryOutcome }
    const peers = {
      notify: async ({ body }: ForwardedNotification) => {
        sent.push(body)
        return world.outcome
      },
    }
    const inboxes = new PeerInboxes({ peers, clock })
    const inbox = inboxes.to(foreignNodeOf('fay'), callerOf('bob'), 'SingleHop')
    const elapse = async (ms: number) => {
      clock.elapse(ms)
      await settled()
    }
    const post = async (body: string) => {
      inbox.post({ body, hops: 2, supersedes: nodeOf('bob') })
      await settled()
    }
    return { sent, world, inbox, elapse, post }
  }

  it('is sent again, less and less often, until it arrives (promise 2)', async () => {
    const { sent, world, elapse, post } = away()
    await post('busy')
    for (const ms of [2_000, 4_000, 8_000]) await elapse(ms)
    expect(sent).toEqual(['busy', 'busy', 'busy', 'busy'])
    world.outcome = 'delivered'
    await elapse(16_000)
    await elapse(600_000)
    expect(sent).toHaveLength(5)
  })

  it('gives way to a newer one', async () => {
    const { sent, world, elapse, post } = away()
    await post('busy')
    world.outcome = 'delivered'
    await post('away')
    await elapse(600_000)
    expect(sent).toEqual(['busy', 'away'])
  })

  it('is sent as soon as anything else has arrived', async () => {
    const { sent, world, inbox, post } = away()
    await post('busy')
    world.outcome = 'delivered'
    expect(await inbox.deliver({ body: 'hello', hops: 2 })).toBe('delivered')
    await settled()
    expect(sent).toEqual(['busy', 'hello', 'busy'])
  })

  it('is sent no more when its receiver watches no longer', async () => {
    const { sent, inbox, elapse, post } = away()
    await post('busy')
    inbox.close()
    await elapse(600_000)
    expect(sent).toEqual(['busy'])
  })

  it('leaves messages alone: their senders have heard that they did not arrive', async () => {
    const { sent, inbox, elapse } = away()
    expect(await inbox.deliver({ body: 'hello', hops: 2 })).toBe('unreachable')
    await elapse(600_000)
    expect(sent).toEqual(['hello'])
  })

  it('is not sent again to who refuses it', async () => {
    const { sent, world, elapse, post } = away()
    world.outcome = 'refused'
    await post('busy')
    await elapse(600_000)
    expect(sent).toEqual(['busy'])
  })
})

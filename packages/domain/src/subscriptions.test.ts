import {
  ForbiddenError,
  PreconditionFailedError,
  TooManyRequestsError,
  UnavailableError,
  userUrl,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { callBackAt, callerOf, DomainUnderTest, nodeOf, settled } from './testing/domain-under-test.ts'

const bob = nodeOf('bob')

describe('subscriptions, RVP §5.1', () => {
  it('grant no longer than the longest lease (RVP §5.1.2)', async () => {
    const domain = new DomainUnderTest({ maxSubscriptionSeconds: 100 })
    const { expiresAt } = await domain.subscribe('alice', 'bob', { lifetimeSeconds: 5000 })
    expect(expiresAt - domain.clock.now()).toBe(100_000)
  })

  it('get ids that differ, even while they are being stored (RVP §5.1.1)', async () => {
    const domain = new DomainUnderTest()
    const ids = (await Promise.all(['a', 'b', 'c', 'd'].map((name) => domain.subscribe(name, 'bob')))).map(
      ({ id }) => id,
    )
    expect(new Set(ids).size).toBe(4)
  })

  it('are kept apart when they are duplicates, and notified once (RVP §5.1.5) [R26]', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    const [first] = [await domain.subscribe('alice', 'bob'), await domain.subscribe('alice', 'bob')]
    expect(domain.subscriptions.list(domain.user('bob'), 'update/propchange')).toHaveLength(2)
    await domain.setState('bob', 'online')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toHaveLength(1)
    await domain.subscriptions.end(domain.user('bob'), first.id, callerOf('alice'))
    await domain.setState('bob', 'busy')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toHaveLength(2)
  })

  it('run out exactly once, and then nothing is heard any more (RVP §5.1.2)', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob', { lifetimeSeconds: 60 })
    const before = domain.store.commits
    domain.clock.elapse(59_999)
    expect(domain.store.commits).toBe(before)
    domain.clock.elapse(120_000)
    await settled()
    expect(domain.store.commits).toBe(before + 1)
    expect((await domain.store.stored(bob))?.subscriptions).toBeUndefined()
    await domain.setState('bob', 'online')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
  })

  it('live on when they are renewed, also for less than before (RVP §5.1.2) [R22]', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const { id } = await domain.subscribe('alice', 'bob', { lifetimeSeconds: 60 })
    domain.clock.elapse(50_000)
    await domain.subscriptions.renew(node, id, callerOf('alice'), 60)
    domain.clock.elapse(50_000)
    await settled()
    expect(node.subscriptions.size).toBe(1)
    await domain.subscriptions.renew(node, id, callerOf('alice'), 5)
    domain.clock.elapse(5_000)
    await settled()
    expect(node.subscriptions.size).toBe(0)
  })

  it('are renewed and ended by nobody else (RVP §5.2)', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const { id } = await domain.subscribe('alice', 'bob')
    await expect(domain.subscriptions.renew(node, id, callerOf('carol'), 60)).rejects.toThrow(PreconditionFailedError)
    await expect(domain.subscriptions.end(node, id, callerOf('carol'))).rejects.toThrow(ForbiddenError)
    await domain.subscriptions.end(node, id, callerOf('bob'))
    await expect(domain.subscriptions.end(node, id, callerOf('alice'))).rejects.toThrow(PreconditionFailedError)
  })

  it('stay ended when a renewal meets the end half-way, also after a restart', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const { id } = await domain.subscribe('alice', 'bob')
    domain.store.hold()
    const end = domain.subscriptions.end(node, id, callerOf('alice'))
    const renewal = domain.subscriptions.renew(node, id, callerOf('alice'), 60)
    domain.store.release()
    await end
    await expect(renewal).rejects.toThrow(PreconditionFailedError)
    expect(await domain.store.stored(bob)).toBeUndefined()
  })

  it('stay ended when the end meets a renewal half-way', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const { id } = await domain.subscribe('alice', 'bob')
    domain.store.hold()
    const renewal = domain.subscriptions.renew(node, id, callerOf('alice'), 60)
    const end = domain.subscriptions.end(node, id, callerOf('alice'))
    domain.store.release()
    await expect(renewal).rejects.toThrow(PreconditionFailedError)
    await end
    expect(node.subscriptions.size).toBe(0)
    expect(await domain.store.stored(bob)).toBeUndefined()
  })

  it('are listed, renewed or ended only once they are stored', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    domain.store.hold()
    const made = domain.subscribe('alice', 'bob')
    expect(domain.subscriptions.list(node, undefined)).toEqual([])
    domain.store.release()
    const subscription = await made
    expect(domain.subscriptions.list(node, undefined)).toEqual([subscription])
  })

  it('are not made, renewed or ended in memory alone when the store is away', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('bob')
    const made = await domain.subscribe('alice', 'bob', { lifetimeSeconds: 600 })
    domain.store.isAway = true
    await expect(domain.subscribe('carol', 'bob')).rejects.toThrow(UnavailableError)
    await expect(domain.subscriptions.renew(node, made.id, callerOf('alice'), 6000)).rejects.toThrow(UnavailableError)
    await expect(domain.subscriptions.end(node, made.id, callerOf('alice'))).rejects.toThrow(UnavailableError)
    expect(domain.subscriptions.list(node, undefined)).toEqual([made])
  })

  it('whose lease ran out while the store is away end when it is back', async () => {
    const domain = new DomainUnderTest()
    await domain.subscribe('alice', 'bob', { lifetimeSeconds: 60 })
    domain.store.isAway = true
    domain.clock.elapse(60_000)
    await settled()
    expect(domain.failures).toHaveLength(1)
    expect(domain.subscriptions.list(domain.user('bob'), undefined)).toEqual([])
    domain.store.isAway = false
    domain.clock.elapse(30_000)
    await settled()
    expect(await domain.store.stored(bob)).toBeUndefined()
  })

  it('are bounded for a node, for a subscriber on a node, and for a watcher', async () => {
    const domain = new DomainUnderTest({
      maxSubscriptionsPerNode: 4,
      maxSubscriptionsPerSubscriber: 2,
      maxWatchesPerWatcher: 2,
    })
    await domain.subscribe('alice', 'bob')
    await domain.subscribe('alice', 'bob')
    await domain.subscribe('dave', 'bob')
    await expect(domain.subscribe('alice', 'bob')).rejects.toThrow('too many subscriptions on this node')
    await domain.subscribe('alice', 'carol')
    await expect(domain.subscribe('alice', 'erin')).rejects.toThrow('too many nodes are watched')
    await domain.subscribe('erin', 'bob')
    await expect(domain.subscribe('frank', 'bob')).rejects.toThrow(TooManyRequestsError)
  })

  it('are bounded for another IM domain, whoever its subscribers are, and leave room for our own', async () => {
    const domain = new DomainUnderTest({ maxSubscriptionsPerForeignDomain: 2 })
    const bobsNode = domain.user('bob')
    const subscribe = async (host: string, alias: string) => {
      const subscriber = userUrl(host, alias)
      return await domain.subscriptions.create(bobsNode, {
        type: 'update/propchange',
        subscriber,
        isForeign: true,
        target: { kind: 'node', node: subscriber },
        href: bob,
        subscriberHref: subscriber,
        lifetimeSeconds: 60,
      })
    }
    await domain.subscribe('alice', 'bob')
    await subscribe('b.example', 'one')
    await subscribe('b.example', 'two')
    await expect(subscribe('b.example', 'three')).rejects.toThrow(TooManyRequestsError)
    await subscribe('c.example', 'one')
    await domain.subscribe('carol', 'bob')
    await domain.logIn('bob', callBackAt(1))
    expect(bobsNode.subscriptions.size).toBe(6)
  })

  it('share the inbox of one direct Call-Back, and free it with the last', async () => {
    const domain = new DomainUnderTest()
    const made = [
      await domain.subscribe('alice', 'bob', { target: callBackAt(7) }),
      await domain.subscribe('alice', 'carol', { target: callBackAt(7) }),
    ]
    const inbox = domain.inboxes.at('10.0.0.1:7')
    await domain.setState('bob', 'online')
    await domain.setState('carol', 'busy')
    expect(inbox.bodies).toHaveLength(2)
    await domain.subscriptions.end(domain.user('bob'), made[0]?.id ?? 0, callerOf('alice'))
    expect(inbox.isClosed).toBe(false)
    await domain.subscriptions.end(domain.user('carol'), made[1]?.id ?? 0, callerOf('alice'))
    expect(inbox.isClosed).toBe(true)
  })
})

import type { AccessList } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { mayWatch } from './access.ts'
import { callBackAt, DomainUnderTest, nodeOf } from './testing/domain-under-test.ts'

const bob = nodeOf('bob')

function deny(alias: string): AccessList {
  return [{ principal: { kind: 'node', node: nodeOf(alias) }, credentials: 'any', grant: [], deny: ['presence'] }]
}

/** Bob writes his access list. */
function write(domain: DomainUnderTest, acl: AccessList): void {
  const node = domain.user('bob')
  node.head = { ...node.head, acl }
  domain.watches.permit(bob, (watcher) => mayWatch(node, { principal: watcher }))
}

const states = (bodies: readonly string[]) => bodies.map((body) => /<r:state><r:([a-z-]+)\/>/.exec(body)?.[1])

describe('watches, RVP §5.1.3', () => {
  it('hand each change to every device of a watcher once, however many duplicates there are [R26]', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    await domain.logIn('alice', callBackAt(2))
    for (let i = 0; i < 3; i++) await domain.subscribe('alice', 'bob')
    await domain.setState('bob', 'online')
    for (const target of ['10.0.0.1:1', '10.0.0.1:2']) {
      expect(states(domain.inboxes.at(target).bodies)).toEqual(['online'])
    }
  })

  it('show whoever is shut out that the presentity leaves, and who is let in again its state', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob')
    await domain.setState('bob', 'busy')
    write(domain, deny('alice'))
    await domain.setState('bob', 'away')
    write(domain, [])
    expect(states(domain.inboxes.at('10.0.0.1:1').bodies)).toEqual(['busy', 'offline', 'away'])
  })

  it('made by somebody who is shut out show nothing', async () => {
    const domain = new DomainUnderTest()
    write(domain, deny('alice'))
    await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob')
    await domain.setState('bob', 'online')
    domain.watches.announce(bob, 'key', () => 'news')
    domain.watches.repeat(bob)
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
  })

  it('let in whoever is granted presence under one of the credentials only', async () => {
    const domain = new DomainUnderTest()
    write(domain, [
      { principal: { kind: 'all' }, credentials: ['assertion'], grant: ['presence'], deny: [] },
      { principal: { kind: 'node', node: nodeOf('alice') }, credentials: ['ntlm'], grant: ['presence'], deny: [] },
    ])
    await domain.logIn('alice', callBackAt(1))
    await domain.logIn('carol', callBackAt(2))
    await domain.subscribe('alice', 'bob')
    await domain.subscribe('carol', 'bob')
    await domain.setState('bob', 'online')
    expect(states(domain.inboxes.at('10.0.0.1:1').bodies)).toEqual(['online'])
    expect(domain.inboxes.at('10.0.0.1:2').bodies).toEqual([])
  })

  it('of two users at one Call-Back are two: what one may not see, the other still does', async () => {
    const domain = new DomainUnderTest()
    await domain.subscribe('alice', 'bob', { target: callBackAt(9) })
    const carols = await domain.subscribe('carol', 'bob', { target: callBackAt(9) })
    write(domain, deny('alice'))
    await domain.setState('bob', 'online')
    expect(states(domain.inboxes.at('10.0.0.1:9').bodies)).toEqual(['online'])
    expect([domain.watches.watchedBy(nodeOf('alice')), domain.watches.watchedBy(nodeOf('carol'))]).toEqual([1, 1])
    domain.watches.remove(bob, carols)
    expect(domain.watches.watchedBy(nodeOf('carol'))).toBe(0)
  })

  it('never tell an invisible user from one who is offline [R19]', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob')
    await domain.setState('bob', 'invisible')
    await domain.setState('bob', 'offline', { viewId: [...domain.user('bob').views.keys()][0] ?? 0 })
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
  })

  it('pass over a device that said it is offline', async () => {
    const domain = new DomainUnderTest()
    const { device } = await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob')
    device.signedOff = true
    await domain.setState('bob', 'online')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
  })

  it('tell a device that may have missed something the state of all whom its user watches', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    const { device } = await domain.logIn('alice', callBackAt(2))
    await domain.subscribe('alice', 'bob')
    await domain.subscribe('alice', 'carol')
    await domain.setState('bob', 'online')
    write(domain, deny('alice'))
    await domain.setState('carol', 'away')
    const before = domain.inboxes.at('10.0.0.1:2').bodies.length
    domain.watches.refresh(nodeOf('alice'), device)
    expect(states(domain.inboxes.at('10.0.0.1:2').bodies.slice(before))).toEqual(['offline', 'away'])
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toHaveLength(before)
  })

  it('mark a state so that a newer one of the same presentity may take its place', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1))
    await domain.subscribe('alice', 'bob')
    await domain.setState('bob', 'online')
    expect(domain.inboxes.at('10.0.0.1:1').deliveries).toMatchObject([{ supersedes: bob, hops: 2 }])
  })

  it('count the presentities of a watcher, and forget whom nobody watches any more', async () => {
    const domain = new DomainUnderTest()
    const alice = nodeOf('alice')
    const made = [await domain.subscribe('alice', 'bob'), await domain.subscribe('alice', 'bob')]
    expect(domain.watches.watchedBy(alice)).toBe(1)
    expect(made.map((one) => domain.watches.remove(bob, one))).toEqual([false, true])
    expect(domain.watches.watchedBy(alice)).toBe(0)
    expect(domain.watches.spelling(bob, alice)).toBeUndefined()
  })

  it('that lead to several places count as one presentity, until the last of them ends', async () => {
    const domain = new DomainUnderTest()
    const alice = nodeOf('alice')
    const own = await domain.subscribe('alice', 'bob')
    const other = await domain.subscribe('alice', 'bob', { target: callBackAt(7) })
    expect(domain.watches.watchedBy(alice)).toBe(1)
    domain.watches.remove(bob, own)
    expect(domain.watches.watches(alice, bob)).toBe(true)
    domain.watches.remove(bob, other)
    expect(domain.watches.watches(alice, bob)).toBe(false)
  })

  it('of one presentity that everybody watches end one by one at the cost of one each', () => {
    const domain = new DomainUnderTest()
    const everybody = Array.from({ length: 20_000 }, (_, index) => `user-${index}`)
    for (const alias of everybody) {
      const [watcher, node] = [nodeOf(alias), domain.user(alias)]
      const terms = {
        subscriber: watcher,
        target: { kind: 'node', node: watcher },
        href: bob,
        subscriberHref: watcher,
      } as const
      domain.watches.add(bob, terms, { node }, { state: 'online', permitted: true })
    }
    for (const key of domain.watches.keysOf(bob)) domain.watches.drop(bob, key)
    expect(domain.watches.watchersOf(bob)).toBe(0)
  })
})

import {
  type AccessList,
  type AccessRight,
  type AckType,
  type LogicalUrl,
  LoopDetectedError,
  logicalUrlOf,
  RecipientLeftError,
  RecipientUnavailableError,
  UnavailableError,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { MovedError } from './moved-error.ts'
import { callBackAt, callerOf, DomainUnderTest, nodeOf } from './testing/domain-under-test.ts'

const group = (name: string): LogicalUrl => logicalUrlOf('im.example.com', `/groups/${name}`)

async function makeGroup(domain: DomainUnderTest, name: string): Promise<LogicalUrl> {
  return (await domain.nodes.create(group(name), { kind: 'group', owner: nodeOf('owner') })).url
}

function deny(alias: string, right: AccessRight): AccessList {
  return [{ principal: { kind: 'node', node: nodeOf(alias) }, credentials: 'any', grant: [], deny: [right] }]
}

async function join(domain: DomainUnderTest, member: string, url: LogicalUrl): Promise<void> {
  await domain.subscribe(member, url, { type: 'pragma/notify' })
}

function send(domain: DomainUnderTest, to: LogicalUrl, ack: AckType = 'DeepOr', hops = 1): Promise<string> {
  const notification = { sender: callerOf('alice'), ack, hops, bodyFor: ({ to: spelled }: { to: string }) => spelled }
  return domain.notifications.deliver(domain.nodes.get(to), notification)
}

const bob = nodeOf('bob')

describe('RVP-Ack-Type, RVP §5.6', () => {
  it('DeepOr is satisfied by one device, and by none is not', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('bob', callBackAt(1))
    await domain.logIn('bob', callBackAt(2))
    domain.inboxes.at('10.0.0.1:1').outcome = 'timed-out'
    await expect(send(domain, bob)).resolves.toBe('delivered')
    domain.inboxes.at('10.0.0.1:2').outcome = 'unreachable'
    await expect(send(domain, bob)).rejects.toThrow(RecipientUnavailableError)
  })

  it('is answered with 503 when the home was lost before the device had answered: nobody knows (promise 3)', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('bob', callBackAt(1))
    domain.inboxes.at('10.0.0.1:1').outcome = 'moved'
    await expect(send(domain, bob)).rejects.toThrow(UnavailableError)
  })

  it('is left to the next holder of the home only when no device was told of it (promise 3)', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('bob', callBackAt(1))
    await domain.logIn('bob', callBackAt(2))
    const [one, two] = [domain.inboxes.at('10.0.0.1:1'), domain.inboxes.at('10.0.0.1:2')]
    one.hold()
    await expect(send(domain, bob)).resolves.toBe('delivered')
    await expect(send(domain, bob, 'DeepAnd')).rejects.toThrow(UnavailableError)
    two.outcome = 'unreachable'
    await expect(send(domain, bob)).rejects.toThrow(UnavailableError)
    two.hold()
    await expect(send(domain, bob)).rejects.toThrow(MovedError)
    await expect(send(domain, bob, 'DeepAnd')).rejects.toThrow(MovedError)
  })

  it('DeepAnd needs every device, and at least one', async () => {
    const domain = new DomainUnderTest()
    await expect(send(domain, bob, 'DeepAnd')).rejects.toThrow(RecipientUnavailableError)
    await domain.logIn('bob', callBackAt(1))
    await domain.logIn('bob', callBackAt(2))
    await expect(send(domain, bob, 'DeepAnd')).resolves.toBe('delivered')
    domain.inboxes.at('10.0.0.1:1').outcome = 'overflow'
    await expect(send(domain, bob, 'DeepAnd')).rejects.toThrow(RecipientUnavailableError)
  })

  it('SingleHop is satisfied when we have it, even if nobody is there', async () => {
    const domain = new DomainUnderTest()
    await expect(send(domain, bob, 'SingleHop')).resolves.toBe('delivered')
    await domain.logIn('bob', callBackAt(1))
    await send(domain, bob, 'SingleHop')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([bob])
  })
})

describe('a notification for a member of a group elsewhere, RVP §5.6', () => {
  it.each(['DeepOr', 'DeepAnd'] as const)('says that nobody hears it rather than fails (%s)', async (ack) => {
    const domain = new DomainUnderTest()
    const forMember = { sender: callerOf('alice'), ack, hops: 1, isForMember: true, bodyFor: () => 'x' }
    const deliver = () => domain.notifications.deliver(domain.nodes.get(bob), forMember)
    await expect(deliver()).resolves.toBe('nobody')
    await domain.logIn('bob', callBackAt(1))
    await expect(deliver()).resolves.toBe('delivered')
    domain.inboxes.at('10.0.0.1:1').outcome = 'unreachable'
    await expect(deliver()).rejects.toThrow(RecipientUnavailableError)
  })
})

describe('an inbox that answers 500, RVP §8', () => {
  it('tells the sender that its user has left the conversation, unless another device takes the message', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('bob', callBackAt(1))
    domain.inboxes.at('10.0.0.1:1').outcome = 'left'
    await expect(send(domain, bob)).rejects.toThrow(RecipientLeftError)
    await domain.logIn('bob', callBackAt(2))
    await expect(send(domain, bob)).resolves.toBe('delivered')
    await expect(send(domain, bob, 'DeepAnd')).rejects.toThrow(RecipientLeftError)
  })
})

describe('notifications to a user, RVP §5.6', () => {
  it('are handed to all devices before anything is waited for, so that they stay in order', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('bob', callBackAt(1))
    const sent = ['1', '2', '3'].map((body) =>
      domain.notifications.deliver(domain.user('bob'), {
        sender: callerOf('alice'),
        ack: 'DeepOr',
        hops: 1,
        bodyFor: () => body,
      }),
    )
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual(['1', '2', '3'])
    await Promise.all(sent)
  })

  it('do not reach a device that said it is offline [R26]', async () => {
    const domain = new DomainUnderTest()
    const { device } = await domain.logIn('bob', callBackAt(1))
    device.signedOff = true
    await expect(send(domain, bob)).rejects.toThrow(RecipientUnavailableError)
  })

  it('count hops, up to a ceiling (RVP §7.2)', async () => {
    const domain = new DomainUnderTest({ maxHops: 10 })
    await domain.logIn('bob', callBackAt(1))
    await send(domain, bob, 'DeepOr', 9)
    expect(domain.inboxes.at('10.0.0.1:1').deliveries).toMatchObject([{ hops: 10 }])
    await expect(send(domain, bob, 'DeepOr', 10)).rejects.toThrow(LoopDetectedError)
  })
})

describe('notifications to a group, RVP §5.1.3', () => {
  it('reach every device of every member once, also through groups within groups', async () => {
    const domain = new DomainUnderTest()
    const [outer, inner] = [await makeGroup(domain, 'outer'), await makeGroup(domain, 'inner')]
    for (const [name, port] of [
      ['bob', 1],
      ['carol', 2],
    ] as const) {
      await domain.logIn(name, callBackAt(port))
      await join(domain, name, inner)
    }
    await join(domain, 'bob', outer)
    await domain.subscribe('owner', outer, { type: 'pragma/notify', target: { kind: 'node', node: inner } })
    await send(domain, outer, 'DeepAnd')
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([bob])
    expect(domain.inboxes.at('10.0.0.1:2').bodies).toEqual([nodeOf('carol')])
  })

  it('end where groups are members of each other', async () => {
    const domain = new DomainUnderTest()
    const [a, b] = [await makeGroup(domain, 'a'), await makeGroup(domain, 'b')]
    await domain.subscribe('owner', a, { type: 'pragma/notify', target: { kind: 'node', node: b } })
    await domain.subscribe('owner', b, { type: 'pragma/notify', target: { kind: 'node', node: a } })
    await domain.logIn('bob', callBackAt(1))
    await join(domain, 'bob', b)
    await send(domain, a)
    expect(domain.inboxes.at('10.0.0.1:1').deliveries).toMatchObject([{ hops: 4 }])
  })

  it('do not reach a member who blocks the sender, at a Call-Back of its own neither', async () => {
    const domain = new DomainUnderTest()
    const url = await makeGroup(domain, 'all')
    await domain.logIn('bob', callBackAt(1))
    await join(domain, 'bob', url)
    await domain.subscribe('bob', url, { type: 'pragma/notify', target: callBackAt(2) })
    domain.user('bob').head = { kind: 'user', acl: deny('alice', 'send-to') }
    await expect(send(domain, url)).rejects.toThrow(RecipientUnavailableError)
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
    expect(domain.inboxes.at('10.0.0.1:2').bodies).toEqual([])
  })

  it('do not reach who was a member and may no longer receive them (RVP §5.7.1)', async () => {
    const domain = new DomainUnderTest()
    const url = await makeGroup(domain, 'all')
    await domain.logIn('bob', callBackAt(1))
    await join(domain, 'bob', url)
    const node = domain.nodes.get(url)
    node.head = { ...node.head, acl: deny('bob', 'receive-from') }
    await expect(send(domain, url)).rejects.toThrow(RecipientUnavailableError)
    expect(domain.inboxes.at('10.0.0.1:1').bodies).toEqual([])
  })
})

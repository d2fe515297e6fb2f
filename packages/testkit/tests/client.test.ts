import { connect } from '@parley/client/node'
import { deployments, nextEvent, passwordOf } from '@parley/testkit'
import { describe, expect, it } from 'vitest'

const devices = deployments.flatMap((each) => (['stream', 'callback'] as const).map((device) => ({ ...each, device })))

describe.each(devices)('the client over a $device: $deployment', ({ start, device }) => {
  it('signs on, watches, is told of changes, and signs off', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice', device)
    const bob = domain.node('bob')
    expect(alice.displayName).toBe('Alice')
    expect(await alice.watch(bob)).toBe('offline')
    const online = nextEvent(alice, 'presence', ({ node }) => node === bob)
    const bobsClient = await domain.logOn('bob', device)
    expect(await online).toMatchObject({ state: 'online' })
    const busy = nextEvent(alice, 'presence', ({ node }) => node === bob)
    await bobsClient.setState('busy')
    expect(await busy).toMatchObject({ state: 'busy' })
    const offline = nextEvent(alice, 'presence', ({ node }) => node === bob)
    await bobsClient.signOff()
    expect(await offline).toMatchObject({ state: 'offline' })
  })

  it('sends and receives messages and typing, in one session', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice', device)
    const bob = await domain.logOn('bob', device)
    const heard = nextEvent(bob, 'message')
    expect(await alice.send(bob.self, 'lunch <now>?\nor later')).toBe('delivered')
    const message = await heard
    expect(message).toMatchObject({ from: alice.self, fromName: 'Alice', text: 'lunch <now>?\nor later' })
    const typing = nextEvent(alice, 'typing')
    expect(await bob.sendTyping(alice.self)).toBe('delivered')
    expect(await typing).toMatchObject({ from: bob.self, sessionId: message.sessionId })
  })

  it('hears that a message was not delivered', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice', device)
    expect(await alice.send(domain.node('bob'), 'x')).toBe('not-available')
    expect(await alice.send(domain.node('nobody'), 'x')).toBe('unknown')
    const bob = await domain.logOn('bob', device)
    await bob.block(alice.self)
    expect(await alice.send(bob.self, 'x')).toBe('forbidden')
    await bob.allow(alice.self)
    expect(await alice.send(bob.self, 'x')).toBe('delivered')
  })
})

describe.each(deployments)('the client against a real server: $deployment', ({ start }) => {
  it('finds its contacts again from another device', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    expect(await alice.readContacts()).toEqual({ groups: [], contacts: [] })
    const list = {
      groups: ['Team'],
      contacts: [{ href: domain.node('bob'), displayName: 'Bob <B> & Co', groups: ['Team'] }],
    }
    await alice.writeContacts(list)
    expect(await (await domain.logOn('alice')).readContacts()).toEqual(list)
  })

  it('is told of a wrong password, and of an account that is not enabled', async () => {
    await using domain = await start()
    const options = { server: domain.url, domain: domain.domain, alias: 'alice', device: 'stream' } as const
    await expect(connect({ ...options, password: 'wrong' })).rejects.toMatchObject({ status: 401 })
    domain.users.disable(domain.node('alice'))
    await expect(connect({ ...options, password: passwordOf('alice') })).rejects.toMatchObject({ status: 401 })
  })

  it('stays signed on over a restart of the server', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await alice.watch(bob.self)
    const [aliceIsBack, bobIsBack] = [alice, bob].map((client) => nextEvent(client, 'connection', ({ up }) => up))
    await domain.restart()
    await aliceIsBack
    await bobIsBack
    const heard = nextEvent(bob, 'message')
    await expect.poll(() => alice.send(bob.self, 'still there?')).toBe('delivered')
    expect(await heard).toMatchObject({ text: 'still there?' })
    const busy = nextEvent(alice, 'presence', ({ state }) => state === 'busy')
    await bob.setState('busy')
    expect(await busy).toMatchObject({ node: bob.self })
  })

  it('signs on with NTLM, once for each connection', async () => {
    // MD4 of alice's password in UTF-16LE.
    const ntHash = 'd81bb5239f920e187228261845debd0d'
    await using domain = await start({ ntHashes: { alice: ntHash } })
    const options = { server: domain.url, domain: domain.domain, alias: 'alice', device: 'stream' } as const
    const alice = await connect({ ...options, password: passwordOf('alice'), scheme: 'ntlm' })
    const heard = nextEvent(alice, 'message')
    expect(await alice.send(alice.self, 'note to myself')).toBe('delivered')
    expect(await heard).toMatchObject({ from: alice.self })
    await alice.signOff()
    await expect(connect({ ...options, password: 'wrong', scheme: 'ntlm' })).rejects.toMatchObject({ status: 401 })
  })

  it('tells who is subscribed, and the access list', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await bob.watch(alice.self)
    const watchers = await alice.subscriptions('update/propchange')
    expect(watchers.map(({ href }) => href).sort()).toEqual([alice.self, bob.self])
    expect((await alice.readAcl()).map(({ principal }) => principal.kind)).toEqual(['all', 'node'])
  })
})

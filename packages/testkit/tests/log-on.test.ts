import { describe, expect, it } from 'vitest'
import { deployments, nextEvent } from '../src/index.ts'

describe.each(deployments)('Log on and watch, RVP §5.1: $deployment', ({ start }) => {
  it('shows a watcher who comes online, is busy, and goes', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob', 'callback')
    const seen = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'busy')
    expect(await alice.watch(domain.node('bob'))).toBe('online')
    await bob.setState('busy')
    expect((await seen).state).toBe('busy')
    const gone = nextEvent(alice, 'presence', ({ node, state }) => node === domain.node('bob') && state === 'offline')
    await bob.signOff()
    expect((await gone).state).toBe('offline')
  })

  it.each(['stream', 'callback'] as const)('delivers a message to a %s and tells the sender so', async (device) => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob', device)
    const heard = nextEvent(bob, 'message')
    expect(await alice.send(domain.node('bob'), 'Hällo & <b>')).toBe('delivered')
    expect(await heard).toMatchObject({ from: domain.node('alice'), fromName: 'Alice', text: 'Hällo & <b>' })
  })

  it('tells the sender that nobody is there (RVP §8, 412)', async () => {
    await using domain = await start()
    const alice = await domain.logOn('alice')
    expect(await alice.send(domain.node('bob'), 'hello?')).toBe('not-available')
    expect(await alice.send(domain.node('nobody'), 'hello?')).toBe('unknown')
  })
})

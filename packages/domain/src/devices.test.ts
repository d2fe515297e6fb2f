import { describe, expect, it } from 'vitest'
import type { Device } from './device.ts'
import { callBackAt, DomainUnderTest, nodeOf, settled } from './testing/domain-under-test.ts'

const here = '10.0.0.1'
const there = '10.0.0.2'

function identify(domain: DomainUnderTest, from: { login?: number; view?: number; clientAddress?: string }) {
  return domain.devices.identify(domain.user('alice'), {
    login: from.login,
    view: from.view,
    clientAddress: from.clientAddress ?? here,
  })
}

/** Alice with a state of her own at each of some devices. */
async function online(domain: DomainUnderTest, ...devices: readonly Device[]): Promise<number[]> {
  const views: number[] = []
  for (const device of devices) views.push((await domain.setState('alice', 'online', { device })).viewId)
  return views
}

describe('the device that a request comes from, RVP §5.5', () => {
  it('is named by its login subscription', async () => {
    const domain = new DomainUnderTest()
    const first = await domain.logIn('alice', callBackAt(1))
    await domain.logIn('alice', callBackAt(2))
    expect(identify(domain, { login: first.subscription.id })).toBe(first.device)
    expect(identify(domain, { login: 999 })).toBeUndefined()
  })

  it('is the one with the view that it names', async () => {
    const domain = new DomainUnderTest()
    const [one, two] = [await domain.logIn('alice', callBackAt(1)), await domain.logIn('alice', callBackAt(2))]
    const [first, second] = await online(domain, one.device, two.device)
    expect(identify(domain, { view: first ?? 0 })).toBe(one.device)
    expect(identify(domain, { view: second ?? 0, clientAddress: '10.9.9.9' })).toBe(two.device)
  })

  it('is the newest without a view at its address', async () => {
    const domain = new DomainUnderTest()
    const elsewhere = await domain.logIn('alice', callBackAt(1, there))
    const old = await domain.logIn('alice', callBackAt(1))
    await online(domain, old.device)
    const fresh = await domain.logIn('alice', callBackAt(2))
    expect(identify(domain, {})).toBe(fresh.device)
    expect(identify(domain, { clientAddress: there })).toBe(elsewhere.device)
    expect(identify(domain, { clientAddress: '10.9.9.9' })).toBeUndefined()
  })

  it('is the only one there is, from whatever address', async () => {
    const domain = new DomainUnderTest()
    const { device } = await domain.logIn('alice', { kind: 'stream', token: 'abc' })
    expect(identify(domain, {})).toBe(device)
  })

  it('is no other when it names a view that is gone: it signed off already [R26]', async () => {
    const domain = new DomainUnderTest()
    const home = await domain.logIn('alice', callBackAt(1, there))
    const office = await domain.logIn('alice', callBackAt(1))
    const [, view = 0] = await online(domain, home.device, office.device)
    const node = domain.user('alice')
    // As librvp does at logout: UNSUBSCRIBE, and offline behind it.
    domain.devices.release(node, office.subscription.id, 'signed-off')
    await domain.presence.end(node, view)
    const from = identify(domain, { view })
    expect(from).toBeUndefined()
    await domain.setState('alice', 'offline', { device: from, viewId: view })
    expect(node.published).toBe('online')
    expect(home.device.signedOff).toBe(false)
  })
})

describe('devices', () => {
  it('are the same for login subscriptions with one Call-Back (RVP §5.1.5)', async () => {
    const domain = new DomainUnderTest()
    const first = await domain.logIn('alice', callBackAt(1))
    const second = await domain.logIn('alice', callBackAt(1))
    expect(second.device).toBe(first.device)
    const node = domain.user('alice')
    expect(domain.devices.release(node, first.subscription.id, 'signed-off')).toBeUndefined()
    expect(domain.devices.release(node, second.subscription.id, 'signed-off')).toBe(first.device)
    expect(node.devices).toEqual([])
    expect(domain.inboxes.at('10.0.0.1:1').isClosed).toBe(true)
  })

  it('find their view again after a restart, whichever of their subscriptions it was made under', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('alice')
    const first = await domain.logIn('alice', callBackAt(1))
    const second = await domain.logIn('alice', callBackAt(1))
    domain.devices.release(node, first.subscription.id, 'signed-off')
    const [view] = await online(domain, first.device)
    domain.devices.close()
    domain.devices.add(node, first.subscription)
    expect(domain.devices.add(node, second.subscription)?.view).toBe(view)
  })

  it('that no longer answer give way to a new login, whose user is seen to leave only after a grace', async () => {
    const domain = new DomainUnderTest({ deadDeviceGraceMs: 15_000 })
    const old = await domain.logIn('alice', callBackAt(1, there))
    await online(domain, old.device)
    domain.inboxes.at('10.0.0.2:1').isReachable = false
    await domain.logIn('alice', callBackAt(1))
    await settled()
    const node = domain.user('alice')
    expect(node.devices).toHaveLength(1)
    expect(node.subscriptions.has(old.subscription.id)).toBe(false)
    domain.clock.elapse(14_999)
    expect(node.published).toBe('online')
    domain.clock.elapse(1)
    await settled()
    expect(node.published).toBe('offline')
  })

  it('that answer stay beside a new login', async () => {
    const domain = new DomainUnderTest()
    await domain.logIn('alice', callBackAt(1, there))
    await domain.logIn('alice', callBackAt(1))
    await settled()
    expect(domain.user('alice').devices).toHaveLength(2)
  })

  it('leave their view to the new address of the same client, which names it before the old one is found dead', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('alice')
    const old = await domain.logIn('alice', callBackAt(1, there))
    const [view = 0] = await online(domain, old.device)
    const fresh = await domain.logIn('alice', callBackAt(1))
    await settled()
    await domain.setState('alice', 'online', { device: identify(domain, { view }), viewId: view })
    domain.inboxes.at('10.0.0.2:1').isReachable = false
    domain.inboxes.at('10.0.0.2:1').events.unreachable('refused')
    domain.clock.elapse(1_000)
    await settled()
    expect(node.devices).toEqual([fresh.device])
    expect(fresh.device.view).toBe(view)
    domain.clock.elapse(60_000)
    await settled()
    expect(node.published).toBe('online')
  })

  it('bring their view along from another address: the end of the old device does not end it', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('alice')
    const old = await domain.logIn('alice', callBackAt(1, there))
    const [view = 0] = await online(domain, old.device)
    const fresh = await domain.logIn('alice', callBackAt(1))
    await domain.setState('alice', 'online', { device: fresh.device, viewId: view })
    expect(domain.devices.release(node, old.subscription.id, 'signed-off')?.view).toBeUndefined()
    expect(fresh.device.view).toBe(view)
  })

  it('get a second chance when they could not be reached', async () => {
    const domain = new DomainUnderTest({ deadDeviceGraceMs: 15_000 })
    await domain.logIn('alice', callBackAt(1))
    const inbox = domain.inboxes.at('10.0.0.1:1')
    const elapse = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        domain.clock.elapse(1_000)
        await settled()
      }
    }
    inbox.isReachable = false
    inbox.events.unreachable('silent')
    await elapse(14)
    inbox.events.reachable()
    inbox.isReachable = true
    await elapse(60)
    expect(domain.user('alice').devices).toHaveLength(1)
    inbox.isReachable = false
    inbox.events.unreachable('silent')
    await elapse(14)
    expect(domain.user('alice').devices).toHaveLength(1)
    await elapse(1)
    expect(domain.user('alice').devices).toEqual([])
    expect(domain.gone).toEqual(['dead'])
  })

  it('are asked every few seconds while they are silent, so that a short fault is soon over', async () => {
    const domain = new DomainUnderTest({ deadDeviceGraceMs: 15_000 })
    await domain.logIn('alice', callBackAt(1))
    const inbox = domain.inboxes.at('10.0.0.1:1')
    inbox.isReachable = false
    const before = inbox.probes
    inbox.events.unreachable('silent')
    for (let times = 0; times < 3; times += 1) {
      domain.clock.elapse(3_000)
      await settled()
    }
    expect(inbox.probes - before).toBe(3)
    inbox.isReachable = true
    domain.clock.elapse(3_000)
    await settled()
    domain.clock.elapse(60_000)
    await settled()
    expect(inbox.probes - before).toBe(4)
    expect(domain.user('alice').devices).toHaveLength(1)
  })

  it('are bounded: one more takes the place of the oldest', async () => {
    const domain = new DomainUnderTest({ maxDevicesPerUser: 2 })
    for (const port of [1, 2, 3]) await domain.logIn('alice', callBackAt(port))
    await settled()
    expect(domain.user('alice').devices.map(({ target }) => 'port' in target && target.port)).toEqual([2, 3])
    expect(domain.gone).toEqual(['replaced'])
  })

  it('that are given up cannot be renewed, even while the store has not heard of it', async () => {
    const domain = new DomainUnderTest()
    const { subscription } = await domain.logIn('alice', { kind: 'stream', token: 'abc' })
    domain.store.hold()
    domain.inboxes.at('abc').events.unreachable('silent')
    const renewal = domain.subscriptions.renew(
      domain.user('alice'),
      subscription.id,
      { principal: nodeOf('alice'), scheme: 'digest' },
      60,
    )
    await expect(renewal).rejects.toThrow('no such subscription')
    domain.store.release()
  })

  it('all go with their views when the user may no longer use IM', async () => {
    const domain = new DomainUnderTest()
    const node = domain.user('alice')
    const { device } = await domain.logIn('alice', callBackAt(1))
    await online(domain, device)
    await domain.setState('alice', 'busy')
    expect(node.views.size).toBe(2)
    await domain.devices.dropAll(node)
    expect([node.devices, node.views.size, node.published]).toEqual([[], 0, 'offline'])
  })
})

import { describe, expect, it } from 'vitest'
import { deployments, nextEvent, RawDevice, type TestInstallation } from '../src/index.ts'

const roots = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"'
const group = '/groups/cycling'
const options = {
  users: ['alice', 'bob', 'carol', 'dave'],
  config: { create: [{ under: '/groups/', by: 'everybody' as const }] },
}

function setName(name: string): string {
  return `<d:propertyupdate ${roots}><d:set><d:prop><d:displayname>${name}</d:displayname></d:prop></d:set></d:propertyupdate>`
}

async function subscribe(domain: TestInstallation, as: string, type: string, callBack: string): Promise<void> {
  const headers = [
    ['Notification-Type', type],
    ['Subscription-Lifetime', '14000'],
    ['Call-Back', callBack],
  ] as const
  expect((await domain.request({ as, method: 'SUBSCRIBE', path: group, headers })).status).toBeLessThan(300)
}

/** Carol makes a group of which `members` are. */
async function makeGroup(domain: TestInstallation, members: readonly string[]): Promise<void> {
  const made = await domain.request({ as: 'carol', method: 'PROPPATCH', path: group, body: setName('Cycling') })
  expect(made.status).toBe(207)
  for (const as of members) await subscribe(domain, as, 'pragma/notify', domain.node(as))
}

/** What dave hears who writes to the group. */
async function write(domain: TestInstallation, ack: string): Promise<number> {
  const body =
    `<r:notification ${roots}><r:message><r:notification-from><r:contact><d:href>${domain.node('dave')}</d:href></r:contact></r:notification-from>` +
    '<r:msgbody><r:mime-data>MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nlunch?</r:mime-data></r:msgbody></r:message></r:notification>'
  const headers = [['RVP-Ack-Type', ack]] as const
  return (await domain.request({ as: 'dave', method: 'NOTIFY', path: group, headers, body })).status
}

describe.each(deployments)('A group, RVP §5.1.3, §5.6: $deployment', ({ start }) => {
  it.each(['DeepOr', 'DeepAnd'])(
    'does without members who are not signed in, or block the sender (%s)',
    async (ack) => {
      await using domain = await start(options)
      await makeGroup(domain, ['alice', 'bob', 'carol'])
      const alice = await domain.logOn('alice')
      await alice.block(domain.node('dave'))
      const bob = await domain.logOn('bob')
      const heard = nextEvent(bob, 'message')
      const said: string[] = []
      alice.on(({ type }) => said.push(type))
      expect(await write(domain, ack)).toBe(200)
      expect(await heard).toMatchObject({ from: domain.node('dave'), fromName: 'Dave', text: 'lunch?' })
      expect(said).not.toContain('message')
    },
  )

  it.each(['DeepOr', 'DeepAnd'])('answers 412 when nobody of it is there to hear (%s)', async (ack) => {
    await using domain = await start(options)
    await makeGroup(domain, ['alice', 'bob'])
    expect(await write(domain, ack)).toBe(412)
  })

  it('reaches a member at a Call-Back of its own, and none of its devices', async () => {
    await using domain = await start(options)
    await makeGroup(domain, [])
    await using listener = await RawDevice.logOn(domain, 'bob')
    const headers = [['Subscription-Id', listener.subscriptionId]] as const
    await domain.request({ as: 'bob', method: 'UNSUBSCRIBE', path: '/instmsg/aliases/bob', headers })
    await subscribe(domain, 'bob', 'pragma/notify', listener.url)
    const arrived = listener.next()
    expect(await write(domain, 'DeepOr')).toBe(200)
    expect((await arrived).body).toContain('lunch?')
  })

  it('tells who watches it of its properties', async () => {
    await using domain = await start(options)
    await makeGroup(domain, [])
    const watchers = [await RawDevice.logOn(domain, 'bob'), await RawDevice.logOn(domain, 'carol')]
    for (const as of ['bob', 'carol']) await subscribe(domain, as, 'update/propchange', domain.node(as))
    await domain.request({ as: 'carol', method: 'PROPPATCH', path: group, body: setName('Cyclists') })
    for (const watcher of watchers) {
      expect((await watcher.next()).body).toContain('<d:displayname>Cyclists</d:displayname>')
      await watcher[Symbol.asyncDispose]()
    }
  })
})

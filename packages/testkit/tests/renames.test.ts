import { describe, expect, it } from 'vitest'
import { homes, nextEvent, RawDevice, TestCluster } from '../src/index.ts'

const roots = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/"'

/** A message as its sender names itself in it. */
function messageFrom(href: string, text: string): string {
  return (
    `<r:notification ${roots}><r:message><r:notification-from><r:contact><d:href>${href}</d:href></r:contact></r:notification-from>` +
    `<r:msgbody><r:mime-data>MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n${text}</r:mime-data></r:msgbody></r:message></r:notification>`
  )
}

describe('A user whose alias changes while everybody is signed in', () => {
  it('goes on as if nothing had happened, and old URLs lead to the new one', async () => {
    await using domain = await TestCluster.start()
    const bob = await domain.logOn('bob')
    const carol = await domain.logOn('carol')
    await using alice = await RawDevice.logOn(domain, 'alice')
    for (const watcher of [bob, carol]) await watcher.watch(domain.node('alice'))
    const seen = Promise.all([bob, carol].map((watcher) => nextEvent(watcher, 'presence')))
    await domain.renameUser('alice', 'alicia')
    // Her client knows nothing of it: it asks for the old URL, says that it is the old one, and is sent to the new one.
    const state = `<d:propertyupdate ${roots}><d:set><d:prop><r:state><r:leased-value><r:value><r:busy/></r:value><r:default-value><r:offline/></r:default-value><d:timeout>1200</d:timeout></r:leased-value></r:state></d:prop></d:set></d:propertyupdate>`
    const { host } = new URL(domain.url)
    const headers = [['RVP-From-Principal', `http://${host}/instmsg/aliases/alice`]] as const
    const asked = { as: 'alice', method: 'PROPPATCH', host, path: '/instmsg/aliases/alice', headers, body: state }
    const answer = await domain.request(asked)
    expect(answer.status).toBe(207)
    expect(answer.body).toContain(`<d:href>http://${host}/instmsg/aliases/alicia</d:href>`)
    for (const event of await seen) expect(event).toMatchObject({ node: domain.node('alice'), state: 'busy' })
    // Messages in both directions.
    const arrived = alice.next()
    await bob.send(domain.node('alicia'), 'lunch?')
    expect((await arrived).body).toContain('lunch?')
    const heard = nextEvent(bob, 'message')
    const said = await domain.request({
      as: 'alice',
      method: 'NOTIFY',
      path: '/instmsg/aliases/bob',
      headers: [
        ['RVP-From-Principal', domain.node('alice')],
        ['RVP-Ack-Type', 'DeepOr'],
      ],
      body: messageFrom(domain.node('alice'), 'at noon'),
    })
    expect(said.status).toBe(200)
    expect(await heard).toMatchObject({ text: 'at noon' })
  })
})

describe('A user who is disabled while signed in', () => {
  it('is gone for everybody, and can do nothing any more', async () => {
    await using domain = await TestCluster.start()
    const alice = await domain.logOn('alice')
    const bob = await domain.logOn('bob')
    await alice.setState('online')
    await bob.watch(domain.node('alice'))
    const gone = nextEvent(bob, 'presence')
    domain.users.disable(domain.node('alice'))
    expect(await gone).toMatchObject({ state: 'offline' })
    const asked = { as: 'alice', method: 'PROPFIND', path: '/instmsg/aliases/bob', headers: [['Depth', '0']] as const }
    expect([401, 403]).toContain((await domain.request(asked)).status)
  })
})

describe('A group of the directory in a cluster, RVP §5.1.3', () => {
  it('reaches its members at every home', async () => {
    await using domain = await TestCluster.start()
    const [home] = homes
    if (home) await domain.putGroup('/groups/sales', home, ['alice', 'bob', 'carol'])
    const members = await Promise.all(['alice', 'carol'].map((name) => domain.logOn(name)))
    const heard = members.map((member) => nextEvent(member, 'message'))
    const headers = [['RVP-Ack-Type', 'DeepOr']] as const
    const body = messageFrom(domain.node('bob'), 'all hands')
    const said = await domain.request({ as: 'bob', method: 'NOTIFY', path: '/groups/sales', headers, body })
    expect(said.status).toBe(200)
    for (const event of heard) expect(await event).toMatchObject({ from: domain.node('bob'), text: 'all hands' })
  })
})

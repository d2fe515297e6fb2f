import { describe, expect, it } from 'vitest'
import { MirandaDevice } from './miranda/miranda-device.ts'
import { MirandaUser, mirandaMisreads } from './miranda/miranda-user.ts'
import { ParleyServer } from './parley-server.ts'
import { ParleyUser } from './parley-user.ts'

const password = 'correct horse'
const names = "xmlns:d='DAV:' xmlns:r='http://schemas.microsoft.com/rvp/'"

function stateBody(state: string): string {
  return (
    `<?xml version="1.0"?><d:propertyupdate ${names}><d:set><d:prop><r:state><r:leased-value><r:value><r:${state}/></r:value>` +
    '<r:default-value><r:offline/></r:default-value><d:timeout>1200</d:timeout></r:leased-value></r:state></d:prop></d:set>' +
    '</d:propertyupdate>'
  )
}

function messageBody(from: string, to: string, text: string): string {
  const mime =
    'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Tahoma; EF=; CO=0; CS=0; PF=0\r\n' +
    `Session-Id: {0D9A6C32-0000-4000-8000-000000000001}\r\n\r\n${text}`
  const contact = (url: string, name: string) =>
    `<r:contact><d:href>${url}</d:href><r:description>${name}</r:description></r:contact>`
  return (
    `<?xml version="1.0"?><r:notification ${names}><r:message><r:notification-from>${contact(from, 'Alice')}</r:notification-from>` +
    `<r:notification-to>${contact(to, 'Bob')}</r:notification-to><r:msgbody><r:mime-data><![CDATA[${mime}]]></r:mime-data>` +
    '</r:msgbody></r:message></r:notification>'
  )
}

describe('Miranda, imitated on raw sockets', () => {
  it('signs in with DOMAIN/user, bare line feeds and one connection for each request [R1] [R6] [R10] [R14] [R15] [R21] [R25] [R36] [R37]', async () => {
    const users = ['alice', 'bob'].map((name) => ({ name, password, ntDomain: 'CORP' }))
    await using server = await ParleyServer.start({ users })
    await using device = await MirandaDevice.open()
    await using bob = await ParleyUser.signOn(server, server.domain, { name: 'bob', password })
    await bob.addContact('alice')
    const alice = new MirandaUser(server.port, { ntDomain: 'CORP', alias: 'alice', password })

    await alice.probe()
    const leases = ['Subscription-Lifetime: 14400']
    const watch = [...leases, 'Notification-Type: update/propchange', `Call-Back: ${alice.url}`]
    const login = await alice.ask('SUBSCRIBE', 'alice', [
      ...leases,
      'Notification-Type: pragma/notify',
      'User-Agent: msmsgs/5.1.0.639',
      `Call-Back: ${device.callBack}`,
    ])
    const acl = await alice.ask('ACL', 'alice', [])
    const online = await alice.ask('PROPPATCH', 'alice', ['Content-Type: text/xml'], stateBody('online'))
    const watches = await Promise.all(['alice', 'bob'].map((name) => alice.ask('SUBSCRIBE', name, watch)))
    await bob.seesBecome('alice', 'online')

    const all = [login, acl, online, ...watches]
    expect(all.map(({ answer }) => answer.status)).toEqual([200, 200, 207, 207, 207])
    for (const { refusal, answer } of all) {
      expect(refusal.status).toBe(401)
      expect(mirandaMisreads(answer.body)).toEqual([])
    }
    const granted = new Map(login.answer.headers)
    expect(granted.get('Subscription-Lifetime')).toBe('14400')
    expect(watches[1]?.answer.body).toContain('<r:state><r:online/></r:state><d:displayname>bob</d:displayname>')
    expect(watches[1]?.answer.body).toMatch(/<r:mobile-description><\/r:mobile-description>/)

    await bob.setState('on-phone')
    const change = await device.next('<r:on-phone/>')
    expect(change.requestLine).toBe('NOTIFY / HTTP/1.1')
    expect(mirandaMisreads(change.body)).toEqual([])
  })

  it('talks, and signs off without ending its login [R26] [R28] [R30] [R33]', async () => {
    const users = ['alice', 'bob'].map((name) => ({ name, password, ntDomain: 'CORP' }))
    await using server = await ParleyServer.start({ users })
    await using device = await MirandaDevice.open()
    await using bob = await ParleyUser.signOn(server, server.domain, { name: 'bob', password })
    await bob.addContact('alice')
    const alice = new MirandaUser(server.port, { ntDomain: 'CORP', alias: 'alice', password })
    const login = ['Subscription-Lifetime: 14400', 'Notification-Type: pragma/notify', `Call-Back: ${device.callBack}`]
    await alice.ask('SUBSCRIBE', 'alice', login)
    await alice.ask('PROPPATCH', 'alice', ['Content-Type: text/xml'], stateBody('online'))
    await bob.seesBecome('alice', 'online')

    const bobsUrl = 'http://im.example.com/instmsg/aliases/bob'
    const im = ['RVP-Ack-Type: DeepOr', 'RVP-Hop-Count: 1', 'Content-Type: text/xml']
    const sent = await alice.ask('NOTIFY', 'bob', im, messageBody(alice.url, bobsUrl, 'hello from Miranda'))
    expect(sent.answer.status).toBe(200)
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'hello from Miranda' })

    expect(await bob.send('alice', 'hello ]]> Miranda')).toBe('delivered')
    const { body } = await device.next('r:mime-data')
    expect(mirandaMisreads(body)).toEqual([])
    expect(body).toMatch(/<r:notification-from>.*<r:description>bob<\/r:description>.*<\/r:notification-from>/)
    expect(body).toContain('<r:mime-data><![CDATA[MIME-Version: 1.0\r\n')

    const goodBye = await alice.ask('PROPPATCH', 'alice', ['Content-Type: text/xml'], stateBody('offline'))
    expect(goodBye.answer.status).toBe(207)
    await bob.seesBecome('alice', 'offline')
  })
})

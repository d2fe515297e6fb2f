import { header, userUrl, writeMessage } from '@parley/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askAsPeer } from './federation/peer-server.ts'
import { TwoDomains } from './federation/two-domains.ts'
import type { ParleyUser } from './parley-user.ts'

const [alice, bob] = [userUrl('a.example', 'alice'), userUrl('b.example', 'bob')]
const watchHeaders = { [header.notificationType]: 'update/propchange', [header.subscriptionLifetime]: '600' }

let domains: TwoDomains
let aliceThere: ParleyUser
let bobThere: ParleyUser

beforeAll(async () => {
  domains = await TwoDomains.start()
  aliceThere = await domains.signOn(domains.a, 'alice')
  bobThere = await domains.signOn(domains.b, 'bob')
})

afterAll(async () => {
  await bobThere?.[Symbol.asyncDispose]()
  await aliceThere?.[Symbol.asyncDispose]()
  await domains?.[Symbol.asyncDispose]()
})

describe('users of two IM domains', () => {
  it('see each other, and each change', async () => {
    expect(await aliceThere.addContact('bob@b.example')).toBe('online')
    expect(await bobThere.addContact('alice@a.example')).toBe('online')
    await bobThere.setState('busy')
    await aliceThere.seesBecome('bob@b.example', 'busy')
    await aliceThere.setState('away')
    await bobThere.seesBecome('alice@a.example', 'away')
    await bobThere.setState('online')
    await aliceThere.seesBecome('bob@b.example', 'online')
  })

  it('message each other, and hear what became of it', async () => {
    expect(await aliceThere.send('bob@b.example', 'hello')).toBe('delivered')
    expect(await bobThere.nextMessage()).toEqual({ from: 'alice@a.example', text: 'hello' })
    expect(await bobThere.send('alice@a.example', 'hello yourself')).toBe('delivered')
    expect(await aliceThere.nextMessage()).toEqual({ from: 'bob@b.example', text: 'hello yourself' })
    // Nobody of that name is signed on there, and nobody is called so.
    expect(await bobThere.send('carol@a.example', 'anybody there?')).toBe('not-available')
    expect(await aliceThere.send('nobody@b.example', 'anybody there?')).toBe('unknown')
  })

  it('keep the order of their messages', async () => {
    const texts = ['one', 'two', 'three', 'four', 'five']
    for (const text of texts) expect(await aliceThere.send('bob@b.example', text)).toBe('delivered')
    const heard: string[] = []
    while (heard.length < texts.length) heard.push((await bobThere.nextMessage()).text)
    expect(heard).toEqual(texts)
  })

  it('see and say nothing more to whom they block, and again when they allow it', async () => {
    await bobThere.block('alice@a.example')
    await aliceThere.seesBecome('bob@b.example', 'offline')
    expect(await aliceThere.send('bob@b.example', 'still there?')).toBe('forbidden')
    await bobThere.allow('alice@a.example')
    await aliceThere.seesBecome('bob@b.example', 'online')
    expect(await aliceThere.send('bob@b.example', 'ah')).toBe('delivered')
    await bobThere.nextMessage()
  })

  it('hear nothing more of whom they watch no longer', async () => {
    await aliceThere.removeContact('bob@b.example')
    await bobThere.setState('idle')
    // A message that comes after the change: had the change been sent, it would have come before.
    expect(await bobThere.send('alice@a.example', 'did you see?')).toBe('delivered')
    await aliceThere.nextMessage()
    expect(await aliceThere.addContact('bob@b.example')).toBe('idle')
  })

  it('hear what changed while their domain could not be reached (promise 2)', async () => {
    const [router] = domains.a.routers
    await router?.kill()
    await bobThere.setState('busy')
    await router?.start()
    await aliceThere.seesBecome('bob@b.example', 'busy')
  })
})

describe('who wants to speak for an IM domain', () => {
  const watch = (by: string) => ({
    method: 'SUBSCRIBE',
    node: bob,
    headers: { ...watchHeaders, [header.fromPrincipal]: by },
  })

  it('is believed when its certificate proves that domain', async () => {
    const certificate = domains.authority.certificateFor('a.example')
    const { status } = await askAsPeer(domains.servers.b, { ca: domains.authority.file, certificate }, watch(alice))
    expect(status).toBe(207)
  })

  it('is refused with the certificate of another domain', async () => {
    const certificate = domains.authority.certificateFor('slow.example')
    const answer = await askAsPeer(domains.servers.b, { ca: domains.authority.file, certificate }, watch(alice))
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('no certificate proves the IM domain') })
  })

  it('is refused with a certificate from an authority that may not speak for the domain', async () => {
    const certificate = domains.authorityOfC.certificateFor('a.example')
    const { status } = await askAsPeer(domains.servers.b, { ca: domains.authority.file, certificate }, watch(alice))
    expect(status).toBe(403)
  })

  it('is refused with nothing but a header', async () => {
    await expect(askAsPeer(domains.servers.b, { ca: domains.authority.file }, watch(alice))).rejects.toThrow()
  })

  it('is refused as a domain that the policy does not name', async () => {
    const certificate = domains.authority.certificateFor('stranger.example')
    const eve = userUrl('stranger.example', 'eve')
    const { status } = await askAsPeer(domains.servers.b, { ca: domains.authority.file, certificate }, watch(eve))
    expect(status).toBe(403)
  })

  it('may not have notifications sent to an address, nor to nodes of another domain', async () => {
    const proof = { ca: domains.authority.file, certificate: domains.authority.certificateFor('a.example') }
    for (const callBack of ['http://127.0.0.1:9/', 'http://c.example/instmsg/aliases/carol', bob]) {
      const { headers, ...rest } = watch(alice)
      const asked = { ...rest, headers: { ...headers, [header.callBack]: callBack } }
      expect((await askAsPeer(domains.servers.b, proof, asked)).status).toBe(403)
    }
  })

  it('may not sign a device in', async () => {
    const proof = { ca: domains.authority.file, certificate: domains.authority.certificateFor('a.example') }
    const { headers, ...rest } = watch(alice)
    const asked = { ...rest, headers: { ...headers, [header.notificationType]: 'pragma/notify' } }
    expect((await askAsPeer(domains.servers.b, proof, asked)).status).toBe(403)
  })

  it('may not send in the name of somebody else, nor ask for nodes of a third domain', async () => {
    const proof = { ca: domains.authority.file, certificate: domains.authority.certificateFor('a.example') }
    const from = { href: userUrl('c.example', 'carol'), description: 'Carol' }
    const mime = 'MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nboo'
    const forged = { method: 'NOTIFY', node: bob, body: writeMessage({ from, to: [], mime }) }
    const headers = { [header.fromPrincipal]: alice }
    expect((await askAsPeer(domains.servers.b, proof, { ...forged, headers })).status).toBe(403)
    const relayed = { ...watch(alice), node: userUrl('c.example', 'carol') }
    expect((await askAsPeer(domains.servers.b, proof, relayed)).status).toBe(404)
  })

  it('is told when its request goes round in a circle (RVP §7.2)', async () => {
    const proof = { ca: domains.authority.file, certificate: domains.authority.certificateFor('a.example') }
    const { headers, ...rest } = watch(alice)
    const asked = { ...rest, headers: { ...headers, [header.hopCount]: '99' } }
    expect((await askAsPeer(domains.servers.b, proof, asked)).status).toBe(508)
  })
})

describe('what another IM domain learns', () => {
  it('is no address of a client, nor of a server that is not its business', async () => {
    const carol = userUrl('c.example', 'carol')
    const callBack = 'http://127.0.0.1:4567/device'
    const headers = Object.entries({ ...watchHeaders, [header.callBack]: callBack, [header.fromPrincipal]: alice })
    expect(await aliceThere.ask({ method: 'SUBSCRIBE', url: carol, headers })).toMatchObject({ status: 200 })
    expect(await aliceThere.send('carol@c.example', 'hello')).toBe('delivered')
    await aliceThere.ask({
      method: 'UNSUBSCRIBE',
      url: carol,
      headers: Object.entries({
        [header.subscriptionId]: '7',
        [header.fromPrincipal]: alice,
        'X-Forwarded-For': '127.0.0.1',
      }),
    })
    const subscribe = await domains.c.next('SUBSCRIBE')
    expect(subscribe.header('call-back')).toBe(alice)
    expect(subscribe.header('rvp-from-principal')).toBe(alice)
    expect(subscribe.header('host')).toBe('c.example')
    expect(subscribe.header('rvp-hop-count')).toBe('2')
    const notify = await domains.c.next('NOTIFY')
    expect(notify.text).toContain('hello')
    expect((await domains.c.next('UNSUBSCRIBE')).header('subscription-id')).toBe('7')
    const all = domains.c.requests.map(({ text }) => text).join('\n')
    expect(all).not.toMatch(/127\.0\.0|4567|forwarded|authorization|parley-identity/i)
  })

  it('is nothing when its server cannot prove the domain', async () => {
    await expect(aliceThere.send('eve@wrong.example', 'secret')).rejects.toMatchObject({ status: 503 })
  })

  it('is nothing when the policy does not name it', async () => {
    expect(await aliceThere.send('eve@stranger.example', 'secret')).toBe('unknown')
  })
})

describe('an IM domain that is dead or slow', () => {
  it('costs nobody else anything', async () => {
    await using dave = await domains.signOn(domains.a, 'dave')
    await using carol = await domains.signOn(domains.a, 'carol')
    let ended = 0
    const stuck = ['one', 'two', 'three', 'four'].map((text) =>
      dave
        .send('somebody@slow.example', text)
        .catch(() => {})
        .finally(() => (ended += 1)),
    )
    await domains.slow.next('NOTIFY')
    for (let count = 0; count < 7; count++) {
      await expect(aliceThere.send('nobody@dead.example', 'hello')).rejects.toMatchObject({ status: 503 })
    }
    expect(await aliceThere.addContact('carol')).toBe('online')
    await carol.setState('busy')
    await aliceThere.seesBecome('carol', 'busy')
    expect(await aliceThere.send('carol', 'lunch?')).toBe('delivered')
    expect(await carol.nextMessage()).toEqual({ from: 'alice', text: 'lunch?' })
    expect(await aliceThere.send('bob@b.example', 'lunch?')).toBe('delivered')
    expect(ended).toBe(0)
    domains.slow.hangUp()
    await Promise.all(stuck)
  })
})

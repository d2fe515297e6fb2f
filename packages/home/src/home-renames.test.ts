import { NotHeldError } from '@parley/http'
import { parleyNamespace } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster } from './testing/cluster-under-test.ts'
import {
  acl,
  alice,
  bob,
  carol,
  group,
  hq,
  login,
  message,
  oslo,
  patch,
  read,
  setNote,
  setState,
  urlOf,
  watch,
} from './testing/requests.ts'
import { settled } from './testing/settled.ts'

const alicia = urlOf('alicia')
const [atAlice, atBob, atCarol] = ['10.0.0.1:7001', '10.0.0.1:7002', '10.0.0.1:7003']

/** Lets one principal do nothing at all. */
const block = (who: string): string =>
  `<a:rvpacl xmlns:a="http://schemas.microsoft.com/rvp/acl/"><a:acl><a:ace><a:principal><a:rvp-principal>${who}</a:rvp-principal><a:credentials><a:any/></a:credentials></a:principal><a:deny><a:send-to/><a:presence/></a:deny></a:ace></a:acl></a:rvpacl>`

/** Alice with two devices and everything that she can have, whom bob and carol watch with devices of their own. */
async function openWithWatchers(): Promise<{ cluster: Cluster; stream: string }> {
  const cluster = await Cluster.open()
  const { stream } = await cluster.signAliceIn()
  await cluster.oslo.handle(login(carol, { 'Call-Back': 'http://10.0.0.1:7003/' }))
  await cluster.rest()
  return { cluster, stream }
}

describe('a user who gets another alias', () => {
  it('keeps all that is stored, under the new URL only', async () => {
    const { cluster, stream } = await openWithWatchers()
    const before = await cluster.hq.stored(alice)
    await cluster.rename(alice, alicia)
    await cluster.rest()
    expect(await cluster.hq.stored(alice)).toBeUndefined()
    const after = await cluster.hq.stored(alicia)
    expect(after?.views).toEqual(before?.views)
    expect(after?.properties).toEqual(before?.properties)
    expect(after?.head.acl).toEqual(before?.head.acl)
    const idsOf = (node: typeof before) => node?.subscriptions.map(({ id, expiresAt }) => [id, expiresAt])
    expect(idsOf(after)).toEqual(idsOf(before))
    expect(after?.subscriptions.map(({ subscriber }) => subscriber)).not.toContain(alice)
    expect(cluster.hq.failures).toEqual([])
    expect(stream).not.toBe('')
  })

  it('goes on receiving at the devices that are signed in, which notice nothing', async () => {
    const { cluster, stream } = await openWithWatchers()
    const inbox = cluster.hq.inboxes.at(atAlice)
    await cluster.rename(alice, alicia)
    await cluster.rest()
    await cluster.hq.handle(message(bob, alicia, 'still there?'))
    expect(cluster.hq.inboxes.at(atAlice)).toBe(inbox)
    expect(inbox?.state).toBe('open')
    expect(inbox?.bodies.at(-1)).toContain('still there?')
    // What is for her is for the one whom her device takes her for.
    expect(inbox?.bodies.at(-1)).toContain(`<d:href>${alice}</d:href>`)
    expect(cluster.hq.inboxes.open).toEqual(expect.arrayContaining([stream, atAlice]))
    expect(cluster.hq.home.serves(alice)).toBe(true)
  })

  it('is seen by those who watched, here and elsewhere, under the name that they know', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.rename(alice, alicia)
    await cluster.rest()
    await cluster.hq.handle(setState(alicia, 'on-phone'))
    await cluster.rest()
    expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).toEqual(['on-phone', 'on-phone'])
    await cluster.hq.handle(setState(alicia, 'offline'))
    await cluster.rest()
    expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).toEqual(['offline', 'offline'])
  })

  it('sees whom it watched, here and elsewhere', async () => {
    const { cluster } = await openWithWatchers()
    for (const whom of [bob, carol]) await cluster.route(watch(alice, whom))
    await cluster.rename(alice, alicia)
    await cluster.rest()
    await cluster.hq.handle(setState(bob, 'away'))
    await cluster.rest()
    expect(cluster.shownAt(atAlice, bob)).toBe('away')
    await cluster.oslo.handle(setState(carol, 'busy'))
    await cluster.rest()
    expect(cluster.shownAt(atAlice, carol)).toBe('busy')
    const { xml } = await cluster.ask({ by: carol, method: 'SUBSCRIPTIONS', node: carol })
    expect(xml).toContain(alicia)
    expect(xml).not.toContain(`${alice}<`)
  })

  it('stays blocked by those who blocked it, and let in by nobody else', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.hq.handle(acl(bob, block(alice)))
    await cluster.oslo.handle(acl(carol, block(alice)))
    await cluster.rename(alice, alicia)
    for (const whom of [bob, carol]) await expect(cluster.route(message(alicia, whom))).rejects.toThrow(/send-to/)
    await cluster.rest()
    expect((await cluster.ask(acl(bob))).xml).toContain(`${alicia}<`)
    for (const whom of [bob, carol]) await expect(cluster.route(message(alicia, whom))).rejects.toThrow(/send-to/)
  })

  it('is found in contact lists under the new URL', async () => {
    const { cluster } = await openWithWatchers()
    const list = (href: string): string =>
      `<p:contact href="${href}" name="Alice"></p:contact><p:contact href="${carol}" name=""></p:contact>`
    await cluster.hq.handle(patch(bob, bob, `<p:contacts xmlns:p="${parleyNamespace}">${list(alice)}</p:contacts>`))
    await cluster.rename(alice, alicia)
    await cluster.rest()
    const stored = (await cluster.hq.stored(bob))?.properties.map(({ xml }) => xml).join('')
    expect(stored).toContain(alicia)
    expect(stored).not.toContain(`${alice}"`)
  })

  it('goes on owning its groups', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.hq.handle(setNote(alice, 'made', group))
    await cluster.rename(alice, alicia)
    await cluster.rest()
    await cluster.hq.handle(setNote(alicia, 'changed', group))
    expect((await cluster.hq.stored(group))?.head.owner).toBe(alicia)
  })

  it('is the same caller under the old URL, in requests and in bodies', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.rename(alice, alicia)
    await cluster.rest()
    const body = message(alice, bob, 'it is me').body?.replace(
      '<r:msgbody>',
      `<r:notification-from><r:contact><d:href>${alice}</d:href></r:contact></r:notification-from><r:msgbody>`,
    )
    for (const by of [alice, alicia]) {
      await cluster.hq.handle({ ...message(by, bob), ...(body !== undefined && { body }) })
      expect(cluster.hq.inboxes.at(atBob)?.bodies.at(-1)).toContain('it is me')
    }
    await cluster.hq.handle(setNote(alice, 'mine', alicia))
  })

  it('is not served under the old URL, so that a router tells the new one', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.rename(alice, alicia)
    await expect(cluster.hq.handle(read(alice, alice))).rejects.toThrow(NotHeldError)
    expect((await cluster.hq.handle(read(alicia))).xml).toContain('>first<')
  })

  it('may get the old one back', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.rename(alice, alicia)
    await cluster.rename(alicia, alice)
    await cluster.rest()
    expect((await cluster.hq.handle(read(alice))).xml).toContain('>first<')
    expect(await cluster.hq.stored(alicia)).toBeUndefined()
    await cluster.hq.handle(setState(alice, 'away'))
    await cluster.rest()
    expect(cluster.shownAt(atCarol, alice)).toBe('away')
  })

  it('loses nothing that it was given under the new URL before its home heard of it', async () => {
    const { cluster } = await openWithWatchers()
    await cluster.map.entries.put([{ node: alicia, kind: 'user', home: hq, displayName: 'Alice' }])
    await settled()
    await cluster.hq.handle(login(alicia, { 'Call-Back': 'http://10.0.0.1:7009/' }))
    await cluster.hq.handle(setNote(alicia, 'newer'))
    await cluster.rename(alice, alicia)
    await cluster.rest()
    await cluster.hq.handle({ ...message(bob, alicia, 'to both'), headers: { 'RVP-Ack-Type': 'DeepAnd' } })
    for (const device of [atAlice, '10.0.0.1:7009'])
      expect(cluster.hq.inboxes.at(device)?.bodies.at(-1)).toContain('to both')
    expect((await cluster.hq.handle(read(alicia))).xml).toContain('>newer<')
  })

  it('can be moved to another home right after', async () => {
    const { cluster, stream } = await openWithWatchers()
    await cluster.rename(alice, alicia)
    await cluster.hq.moveNode(alicia, oslo)
    await cluster.rest()
    expect((await cluster.oslo.handle(read(alicia))).xml).toContain('>first<')
    expect(cluster.oslo.inboxes.open).toContain(stream)
    await cluster.oslo.handle(setState(alicia, 'away'))
    await cluster.rest()
    expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).toEqual(['away', 'away'])
    expect(await cluster.hq.stored(alice)).toBeUndefined()
  })

  it('is renamed by the next holder of its home, when nobody served meanwhile', async () => {
    const { cluster } = await openWithWatchers()
    cluster.hq.kill()
    await cluster.rename(alice, alicia)
    await cluster.hq.open()
    expect((await cluster.hq.handle(read(alicia))).xml).toContain('>first<')
    await cluster.rest()
    expect(await cluster.hq.stored(alice)).toBeUndefined()
    await cluster.hq.handle(setState(alicia, 'away'))
    await cluster.rest()
    expect(cluster.shownAt(atCarol, alice)).toBe('away')
  })
})

import { ForbiddenError, NotFoundError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster } from './testing/cluster-under-test.ts'
import {
  acl,
  alice,
  blockCarol,
  bob,
  carol,
  group,
  hq,
  login,
  message,
  read,
  setNote,
  setState,
  watch,
} from './testing/requests.ts'

const [atAlice, atBob, atCarol] = ['10.0.0.1:7001', '10.0.0.1:7002', '10.0.0.1:7003']

/** Enters alice at hq-1, as the person of this id. */
async function enterAlice(cluster: Cluster, id: string): Promise<void> {
  await cluster.map.entries.put([{ node: alice, kind: 'user', home: hq, displayName: 'Alice', id }])
  await cluster.rest()
}

/** Alice as a person of the directory, with everything that a user can have, who watches bob and carol, and whom they watch. */
async function openWithAlice(): Promise<{ cluster: Cluster; stream: string }> {
  const cluster = await Cluster.open()
  await enterAlice(cluster, 'person-1')
  const { stream } = await cluster.signAliceIn()
  await cluster.oslo.handle(login(carol, { 'Call-Back': 'http://10.0.0.1:7003/' }))
  for (const whom of [bob, carol]) await cluster.route(watch(alice, whom))
  await cluster.rest()
  return { cluster, stream }
}

describe('a user who is disabled', () => {
  it('loses devices, stream, views and watches at once, and is offline to everybody', async () => {
    const { cluster, stream } = await openWithAlice()
    await cluster.map.entries.remove([alice])
    await cluster.rest()
    expect(cluster.hq.inboxes.at(stream)?.state).toBe('ended')
    expect(cluster.hq.inboxes.open).toEqual([atBob])
    expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).toEqual(['offline', 'offline'])
    for (const [home, whom] of [[cluster.hq, bob] as const, [cluster.oslo, carol] as const]) {
      const stored = await home.stored(whom)
      expect(stored?.subscriptions.map(({ subscriber }) => subscriber)).not.toContain(alice)
    }
    await expect(cluster.hq.handle(message(bob, alice))).rejects.toThrow(NotFoundError)
    expect((await cluster.hq.stored(alice))?.views).toEqual([])
  })

  it('finds access list and properties when it may come back, and is watched by those who did', async () => {
    const { cluster } = await openWithAlice()
    await cluster.map.entries.remove([alice])
    await cluster.rest()
    await enterAlice(cluster, 'person-1')
    expect((await cluster.hq.handle(read(alice))).xml).toContain('>first<')
    expect((await cluster.hq.handle(acl(alice))).xml).toContain(carol)
    await cluster.hq.handle(login(alice, { 'Call-Back': 'http://10.0.0.1:7001/' }))
    await cluster.hq.handle(setState(alice, 'away'))
    await cluster.rest()
    expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).toEqual(['away', 'away'])
  })

  it.each(['while its home is served', 'while nobody serves its home'])(
    'leaves nothing to another person who is given the alias %s',
    async (when) => {
      const { cluster } = await openWithAlice()
      if (when === 'while nobody serves its home') cluster.hq.kill()
      await cluster.map.entries.remove([alice])
      await cluster.map.entries.put([{ node: alice, kind: 'user', home: hq, displayName: 'Another', id: 'person-2' }])
      if (!cluster.hq.isAlive) await cluster.hq.open()
      await cluster.rest()
      expect(cluster.hq.inboxes.open).not.toContain(atAlice)
      expect((await cluster.hq.handle(read(alice))).xml).not.toContain('>first<')
      expect((await cluster.hq.handle(acl(alice))).xml).not.toContain(carol)
      await cluster.hq.handle(login(alice, { 'Call-Back': 'http://10.0.0.1:7009/' }))
      await cluster.hq.handle(setState(alice, 'busy'))
      await cluster.rest()
      expect([atBob, atCarol].map((device) => cluster.shownAt(device, alice))).not.toContain('busy')
      expect(await cluster.hq.stored(alice)).toMatchObject({ head: { person: 'person-2' }, properties: [] })
      await cluster.hq.open()
      expect((await cluster.hq.handle(read(alice))).xml).toContain('<r:busy')
      expect(cluster.hq.failures).toEqual([])
    },
  )

  it('is stored with its person from the first change on', async () => {
    const cluster = await Cluster.open()
    await enterAlice(cluster, 'person-1')
    await cluster.hq.handle(login(alice, { 'Call-Back': 'http://10.0.0.1:7001/' }))
    expect((await cluster.hq.stored(alice))?.head).toEqual({ kind: 'user', person: 'person-1' })
  })

  it('is known by its person from now on when it was stored before anybody knew that', async () => {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await enterAlice(cluster, 'person-1')
    await cluster.hq.handle(setNote(alice, 'second'))
    expect((await cluster.hq.stored(alice))?.head).toMatchObject({ person: 'person-1' })
    expect((await cluster.hq.handle(acl(alice))).xml).toContain(carol)
  })
})

describe('a group of the directory, RVP §5.1.3', () => {
  async function openWithGroup(members = [alice, carol]): Promise<Cluster> {
    const cluster = await Cluster.open()
    await cluster.signAliceIn()
    await cluster.oslo.handle(login(carol, { 'Call-Back': 'http://10.0.0.1:7003/' }))
    await cluster.map.entries.put([{ node: group, kind: 'group', home: hq, displayName: 'Sales', id: 'group-1' }])
    await cluster.map.entries.putMembers(group, members)
    await cluster.rest()
    return cluster
  }

  const heard = (cluster: Cluster, text: string): readonly string[] =>
    cluster.delivered.filter(({ body }) => body.includes(text)).map(({ target }) => target)

  it('reaches its members wherever they live, and nobody else', async () => {
    const cluster = await openWithGroup()
    await cluster.hq.handle(message(bob, group, 'lunch?'))
    await cluster.rest()
    expect(heard(cluster, 'lunch?')).toEqual(expect.arrayContaining([atAlice]))
    expect(heard(cluster, 'lunch?')).not.toContain(atBob)
    expect(cluster.forwarded).toEqual([expect.objectContaining({ node: carol, member: 'devices' })])
  })

  it('reaches who has subscribed by hand once', async () => {
    const cluster = await openWithGroup([alice])
    await cluster.hq.handle({
      ...watch(alice, group),
      headers: { ...watch(alice, group).headers, 'Notification-Type': 'pragma/notify' },
    })
    await cluster.hq.handle(message(bob, group, 'once.'))
    await cluster.rest()
    expect(heard(cluster, 'once.').filter((target) => target === atAlice)).toHaveLength(1)
  })

  it('follows the directory', async () => {
    const cluster = await openWithGroup([alice])
    await cluster.hq.handle(message(bob, group, 'before'))
    await cluster.map.entries.putMembers(group, [bob])
    await cluster.rest()
    await cluster.hq.handle(message(alice, group, 'after'))
    await cluster.rest()
    expect(heard(cluster, 'before')).toContain(atAlice)
    expect(heard(cluster, 'after')).toEqual([atBob])
    await cluster.map.entries.remove([group])
    await cluster.rest()
    await expect(cluster.hq.handle(message(alice, group))).rejects.toThrow(NotFoundError)
  })

  it('lets no member hear whom it blocks', async () => {
    const cluster = await openWithGroup([alice, bob])
    await cluster.hq.handle(acl(alice, blockCarol))
    await cluster.hq.handle(message(carol, group, 'hello all'))
    await cluster.rest()
    expect(heard(cluster, 'hello all')).toEqual([atBob])
  })

  it('is nobody’s to change', async () => {
    const cluster = await openWithGroup()
    await expect(cluster.hq.handle(setNote(bob, 'mine', group))).rejects.toThrow(ForbiddenError)
    await expect(cluster.hq.handle({ ...acl(bob, blockCarol), node: group })).rejects.toThrow(ForbiddenError)
  })

  it('keeps its members under another URL', async () => {
    const cluster = await openWithGroup([alice])
    const subscribed = watch(bob, group)
    await cluster.hq.handle({ ...subscribed, headers: { ...subscribed.headers, 'Notification-Type': 'pragma/notify' } })
    const renamed = group.replace('sales', 'selling') as typeof group
    await cluster.rename(group, renamed)
    await cluster.rest()
    await cluster.hq.handle(message(carol, renamed, 'moved'))
    await cluster.rest()
    expect(heard(cluster, 'moved')).toEqual(expect.arrayContaining([atBob]))
    expect((await cluster.hq.stored(renamed))?.head.kind).toBe('group')
    expect(await cluster.hq.stored(group)).toBeUndefined()
  })
})

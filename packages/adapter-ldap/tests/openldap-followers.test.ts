import { CookieUselessError, ManualClock, systemClock } from '@parley/domain'
import { type RunningSlapd, startSlapd, userDn } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import type { ChangeFollower, FollowerEnd } from '../src/change-follower.ts'
import { LdapServers, LdapSource } from '../src/index.ts'
import type { LdapConnection } from '../src/ldap-connection.ts'
import { presets } from '../src/presets.ts'
import { SyncreplFollower } from '../src/syncrepl-follower.ts'
import { TimestampsFollower } from '../src/timestamps-follower.ts'
import { aliases, collect, optionsFor } from './open-ldap.ts'

const alice = userDn({ account: 'alice' })
const bob = userDn({ account: 'bob' })
const users = [{ account: 'alice' }, { account: 'bob' }]
const settingsOf = (slapd: RunningSlapd) => ({ bases: [slapd.base], pageSize: 100, clock: systemClock })

/** Resolves when the clock of the machine, which is the directory's too, shows another second. */
async function nextSecond(): Promise<void> {
  await new Promise<void>((resolve) => systemClock.after(1010 - (systemClock.now() % 1000), resolve))
}

async function connect(slapd: RunningSlapd): Promise<LdapConnection> {
  return await new LdapServers(optionsFor(slapd), systemClock).connect()
}

async function follow(
  follower: ChangeFollower,
  position: string,
  connection: LdapConnection,
): Promise<FollowerEnd & { readonly ids: readonly string[] }> {
  const ids: string[] = []
  const changes = follower.changes(position, connection)
  let next = await changes.next()
  for (; !next.done; next = await changes.next()) ids.push(...next.value)
  return { ids, ...next.value }
}

describe('following timestamps', () => {
  it('loses no write that came within the second of the one before', async () => {
    await using slapd = await startSlapd({ users })
    await using connection = await connect(slapd)
    const clock = new ManualClock(systemClock.now())
    const settings = { ...settingsOf(slapd), clock }
    const follower = new TimestampsFollower(settings, presets.openldap.id, 'modifyTimestamp')
    const id = await slapd.read(alice, 'entryUUID')
    let { position } = await follower.start(connection)
    for (const title of ['one', 'two', 'three']) {
      await slapd.set(alice, 'title', title)
      const step = await follow(follower, position, connection)
      expect(step.ids).toContain(id)
      position = step.position
    }
    clock.elapse(6_000)
    expect((await follow(follower, position, connection)).ids).toEqual([])
  })

  it('tells of a crowd that was written at once again and again, but only as long as more of it may come', async () => {
    const crowd = Array.from({ length: 600 }, (_, number) => ({ account: `crowd${number}` }))
    await using slapd = await startSlapd({ users: [...users, ...crowd] })
    await using connection = await connect(slapd)
    const clock = new ManualClock(systemClock.now())
    const follower = new TimestampsFollower({ ...settingsOf(slapd), clock }, presets.openldap.id, 'entryCSN')
    const { position } = await follower.start(connection)
    const crowded = await follow(follower, position, connection)
    expect(crowded.ids.length).toBeGreaterThan(600)
    clock.elapse(61_000)
    const calm = await follow(follower, crowded.position, connection)
    expect(calm.ids).toEqual([])
    const idOfBob = await slapd.read(bob, 'entryUUID')
    await nextSecond()
    await slapd.set(bob, 'title', 'x')
    expect((await follow(follower, calm.position, connection)).ids).toEqual([idOfBob])
  })

  it('begins anew on another server, where old writes may come later', async () => {
    await using slapd = await startSlapd({ users })
    await using connection = await connect(slapd)
    const follower = new TimestampsFollower(settingsOf(slapd), presets.openldap.id, 'entryCSN')
    const { position } = await follower.start(connection)
    const elsewhere = position.replace(slapd.tlsUrl, 'ldaps://other.example.com')
    await expect(follow(follower, elsewhere, connection)).rejects.toThrow(CookieUselessError)
  })

  it('is what is left where the server does not synchronise', async () => {
    await using slapd = await startSlapd({ users, overlays: ['memberof'] })
    await using source = new LdapSource(optionsFor(slapd), systemClock)
    const { end } = await collect(source.read())
    expect(end.missesDeletions).toBe(true)
    await slapd.set(bob, 'displayName', 'Robert')
    expect(aliases(await collect(source.changes(end.cookie ?? '')))).toEqual(['bob'])
    await using strict = new LdapSource(optionsFor(slapd, { changes: 'syncrepl' }), systemClock)
    await expect(collect(strict.read())).rejects.toThrow(/does not have an extension that this needs/)
  })
})

describe('following content synchronisation, RFC 4533', () => {
  it('says that removals are missed by a server without a session log', async () => {
    const config = ['overlay syncprov', 'syncprov-checkpoint 100 1']
    await using slapd = await startSlapd({ users, overlays: [], config })
    await using connection = await connect(slapd)
    const follower = new SyncreplFollower(settingsOf(slapd))
    const start = await follower.start(connection)
    const id = await slapd.read(bob, 'entryUUID')
    expect(await follow(follower, start.position, connection)).toMatchObject({ ids: [], missesDeletions: false })
    await slapd.remove(alice)
    await slapd.set(bob, 'title', 'x')
    expect(await follow(follower, start.position, connection)).toMatchObject({ ids: [id], missesDeletions: true })
  })

  it('asks for a full read once a server has lost its session log, rather than miss a removal', async () => {
    await using slapd = await startSlapd({ users, config: ['checkpoint 1 0'] })
    const follower = new SyncreplFollower(settingsOf(slapd))
    await using connection = await connect(slapd)
    const { position } = await follower.start(connection)
    await slapd.remove(alice)
    const { position: later } = await follow(follower, position, connection)
    await slapd.set(bob, 'title', 'y')
    await slapd.restart()
    await slapd.set(bob, 'title', 'z')
    await using again = await connect(slapd)
    await expect(follow(follower, later, again)).rejects.toThrow(CookieUselessError)
  })

  it('knows a position that is none of its own', async () => {
    await using slapd = await startSlapd({ users })
    await using connection = await connect(slapd)
    const follower = new SyncreplFollower(settingsOf(slapd))
    for (const position of ['', '[]', '{"cookies":[],"namesRemoved":true}', '{"cookies":[7],"namesRemoved":false}'])
      await expect(follow(follower, position, connection), position).rejects.toThrow(CookieUselessError)
  })
})

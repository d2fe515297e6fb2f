import { findPeople, personNamed } from '@parley/client'
import { authenticationFor, UndiciTransport } from '@parley/client/node'
import { describe, expect, it } from 'vitest'
import { eventually } from './cluster/eventually.ts'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { ParleyUser } from './parley-user.ts'

interface ListedUser {
  readonly address: string
  readonly home: string
}

/** The JSON that a command printed. */
function json<T>({ stdout }: { readonly stdout: readonly string[] }): T {
  return JSON.parse(stdout.join('\n')) as T
}

function serverOf(cluster: ParleyCluster): { readonly port: number } {
  return { port: Number(new URL(cluster.routers[0]?.url ?? '').port) }
}

/** What the user's client asks a router, over plain requests. */
function transportOf(cluster: ParleyCluster, name: string): UndiciTransport {
  const { password } = cluster.account(name)
  const authentication = authenticationFor('digest', { user: name, password })
  return new UndiciTransport({ server: cluster.routers[0]?.url ?? '', authentication })
}

describe('parley user in a cluster', { timeout: 240_000 }, () => {
  it('lists, finds, shows and assigns the users of the map', async () => {
    const settings = { sync: { assignment: { sites: { hq: { homes: ['hq-1'] }, rio: { homes: ['rio-1'] } } } } }
    await using cluster = await ParleyCluster.start({
      users: ['alice', 'bob', 'anna-lind', 'carol'],
      homes: ['hq-1', 'rio-1'],
      settings,
    })
    const users = json<ListedUser[]>(await cluster.command(['user', 'list', '--json']))
    expect(users.map(({ address }) => address.split('@')[0]).sort()).toEqual(['alice', 'anna-lind', 'bob', 'carol'])
    const ofHome = json<ListedUser[]>(await cluster.command(['user', 'list', '--json', '--home', 'hq-1']))
    expect(ofHome).toEqual(users.filter(({ home }) => home === 'hq-1'))
    const ofSite = json<ListedUser[]>(await cluster.command(['user', 'list', '--json', '--site', 'rio']))
    expect(ofSite).toEqual(users.filter(({ home }) => home === 'rio-1'))

    const found = json<ListedUser[]>(await cluster.command(['user', 'find', 'lind', 'an', '--json']))
    expect(found.map(({ address }) => address)).toEqual(['anna-lind@im.example.com'])
    expect(await cluster.tryCommand(['user', 'find', 'zoe'])).toMatchObject({ code: 1, stderr: ['nobody was found'] })

    const { home } = json<ListedUser>(await cluster.command(['user', 'show', 'alice', '--json']))
    const other = home === 'hq-1' ? 'rio-1' : 'hq-1'
    const assigned = await cluster.command(['user', 'assign', 'alice', other])
    expect(assigned.stdout).toEqual([`alice moved from ${home} to ${other}`])
    const shown = await cluster.command(['user', 'show', 'alice@im.example.com'])
    expect(shown.stdout.map((line) => line.replace(/ +/g, ' '))).toEqual(
      expect.arrayContaining([`home ${other}`, 'state enabled']),
    )
    const nobody = await cluster.tryCommand(['user', 'show', 'zoe'])
    expect(nobody).toMatchObject({ code: 1, stderr: [expect.stringContaining('zoe is no user here')] })
  })

  it('keeps a user out within seconds and over sync runs, and lets the user in again with all there was', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'], homes: ['hq-1', 'hq-2'] })
    await using alice = await ParleyUser.signOn(serverOf(cluster), cluster.domain, cluster.account('alice'))
    await using bob = await ParleyUser.signOn(serverOf(cluster), cluster.domain, cluster.account('bob'))
    await bob.setState('busy')
    expect(await alice.addContact('bob')).toBe('busy')
    const before = json<ListedUser>(await cluster.command(['user', 'show', 'bob', '--json']))

    await cluster.command(['user', 'disable', 'bob'])
    await alice.seesBecome('bob', 'offline')
    await expect(ParleyUser.signOn(serverOf(cluster), cluster.domain, cluster.account('bob'))).rejects.toThrow('403')
    await cluster.command(['sync', '--once'])
    expect(json(await cluster.command(['user', 'list', '--disabled', '--json']))).toMatchObject([
      { address: 'bob@im.example.com' },
    ])
    expect(json(await cluster.command(['user', 'show', 'bob', '--json']))).toMatchObject({ state: 'disabled' })

    await cluster.command(['user', 'enable', 'bob'])
    await cluster.command(['sync', '--once'])
    expect(json(await cluster.command(['user', 'show', 'bob', '--json']))).toEqual(before)
    await eventually('bob may sign in again', 10_000, async () => {
      await using again = await ParleyUser.signOn(serverOf(cluster), cluster.domain, cluster.account('bob'))
      await again.setState('online')
      return true
    })
  })
})

describe('the search of a router', { timeout: 240_000 }, () => {
  it('finds people over the map in Redis, for users who are signed in', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'anna-lind', 'annabel'] })
    const transport = transportOf(cluster, 'alice')
    try {
      const { people, more } = await findPeople(transport, cluster.domain, { text: 'ann', limit: 1 })
      expect([people.length, more]).toEqual([1, true])
      const found = await findPeople(transport, cluster.domain, { text: 'lind an' })
      expect(found.people).toMatchObject([
        { address: 'anna-lind@im.example.com', node: 'http://im.example.com/instmsg/aliases/anna-lind' },
      ])
      expect(await personNamed(transport, cluster.domain, 'annabel')).toMatchObject({
        address: 'annabel@im.example.com',
      })
      expect(await personNamed(transport, cluster.domain, 'zoe')).toBeUndefined()
      await expect(findPeople(transport, cluster.domain, { text: '' })).rejects.toThrow(
        '400 Bad Request: say whom to find',
      )
    } finally {
      await transport.close()
    }
  })
})

import { ManualClock, type NodeLocation, parseHomeName } from '@parley/domain'
import { contractUsers, directoryContract } from '@parley/domain/contracts'
import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { type HomeDirectory, openHomeDirectory } from './home-directory.ts'
import { MapUnderTest } from './testing/map-under-test.ts'
import { settled } from './testing/settled.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')
const urlOf = (alias: string): LogicalUrl => userUrl('im.example.com', alias)

function userAt(home: NodeLocation['home'], alias: string, displayName = alias): NodeLocation {
  return { node: urlOf(alias), kind: 'user', home, displayName }
}

async function open({ map = new MapUnderTest(), users = [userAt(hq, 'alice'), userAt(oslo, 'bob')] } = {}) {
  const clock = new ManualClock()
  const failures: string[] = []
  await map.entries.put(users)
  const events = { backgroundFailed: (what: string) => void failures.push(what) }
  const directory = await openHomeDirectory({ home: hq, locations: map, clock, events })
  const changes: LogicalUrl[] = []
  directory.onChange((changed) => changes.push(...changed))
  return { map, clock, failures, directory, changes, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

function namesIn(directory: HomeDirectory, ...aliases: string[]): readonly (string | undefined)[] {
  return aliases.map((alias) => directory.user(urlOf(alias))?.displayName)
}

directoryContract(async () => {
  const at = (user: (typeof contractUsers)[number]): NodeLocation => ({ ...user, kind: 'user', home: hq })
  const opened = await open({ users: contractUsers.filter(({ enabled }) => enabled).map(at) })
  const { entries } = opened.map
  return {
    directory: opened.directory,
    async setEnabled(node, enabled) {
      const user = contractUsers.find((one) => one.node === node)
      if (enabled && user) await entries.put([at(user)])
      else await entries.remove([node])
    },
    remove: (node) => entries.remove([node]),
    [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
  }
})

describe('the directory of a home', () => {
  it('has the users of its home only', async () => {
    await using opened = await open()
    expect(namesIn(opened.directory, 'alice', 'bob')).toEqual(['alice', undefined])
    await opened.map.entries.claim({ node: urlOf('x'), kind: 'group', home: hq, displayName: '' })
    await settled()
    expect(namesIn(opened.directory, 'x')).toEqual([undefined])
  })

  it('refuses to open while the map is away, and listens to nothing then', async () => {
    const map = new MapUnderTest()
    map.isAway = true
    await expect(open({ map })).rejects.toThrow(UnavailableError)
    map.isAway = false
    await map.entries.put([userAt(hq, 'carol')])
    await settled()
    expect(map.lookups).toBe(0)
  })

  it('follows users who come, are renamed, move and go, and tells of those of its home', async () => {
    await using opened = await open()
    const { map, directory, changes } = opened
    await map.entries.put([userAt(hq, 'carol')])
    await settled()
    await map.entries.put([userAt(hq, 'carol', 'Carol C.'), userAt(oslo, 'bob', 'Bob B.')])
    await settled()
    expect(namesIn(directory, 'alice', 'bob', 'carol')).toEqual(['alice', undefined, 'Carol C.'])
    await map.entries.move(urlOf('alice'), hq, oslo)
    await map.entries.move(urlOf('bob'), oslo, hq)
    await map.entries.remove([urlOf('carol')])
    await settled()
    expect(namesIn(directory, 'alice', 'bob', 'carol')).toEqual([undefined, 'Bob B.', undefined])
    expect(changes).toEqual(['carol', 'carol', 'alice', 'bob', 'carol'].map(urlOf))
  })

  it('tells nobody of an entry that is as it was', async () => {
    await using opened = await open()
    await opened.map.entries.put([userAt(hq, 'alice')])
    await settled()
    expect(opened.changes).toEqual([])
  })

  it('hears of users who come while it opens', async () => {
    const map = new MapUnderTest()
    map.hold()
    const opening = open({ map })
    await settled()
    await map.entries.put([userAt(hq, 'carol')])
    await map.entries.remove([urlOf('alice')])
    map.release()
    await using opened = await opening
    await settled()
    expect(namesIn(opened.directory, 'alice', 'carol')).toEqual([undefined, 'carol'])
  })

  it('reads all users again when changes may have been missed', async () => {
    await using opened = await open()
    const { map, directory, changes } = opened
    map.isSilent = true
    await map.entries.put([userAt(hq, 'carol')])
    await map.entries.move(urlOf('alice'), hq, oslo)
    await settled()
    expect(namesIn(directory, 'alice', 'carol')).toEqual(['alice', undefined])
    map.gap()
    await settled()
    expect(namesIn(directory, 'alice', 'carol')).toEqual([undefined, 'carol'])
    expect(changes).toEqual([urlOf('carol'), urlOf('alice')])
  })

  it('asks again and again while the map is away, and complains once', async () => {
    await using opened = await open()
    const { map, clock, directory, failures } = opened
    map.isAway = true
    await map.entries.put([userAt(hq, 'carol')])
    map.gap()
    for (let second = 0; second < 5; second++) {
      await settled()
      clock.elapse(1_000)
    }
    expect(namesIn(directory, 'alice', 'carol')).toEqual(['alice', undefined])
    map.isAway = false
    clock.elapse(1_000)
    await settled()
    expect(namesIn(directory, 'alice', 'carol')).toEqual(['alice', 'carol'])
    expect(failures).toHaveLength(1)
  })

  it('does not take a late answer for newer than what was heard since', async () => {
    await using opened = await open()
    const { map, directory } = opened
    map.hold()
    await map.entries.put([userAt(hq, 'carol', 'old')])
    const look = directory.look(urlOf('carol'))
    await settled()
    await map.entries.put([userAt(hq, 'carol', 'new')])
    map.release()
    expect(await look).toMatchObject({ displayName: 'new' })
    await settled()
    expect(namesIn(directory, 'carol')).toEqual(['new'])
  })

  it('does not take a list that was read for newer than what was heard meanwhile', async () => {
    await using opened = await open()
    const { map, directory } = opened
    map.hold()
    map.gap()
    await settled()
    await map.entries.move(urlOf('alice'), hq, oslo)
    await map.entries.put([userAt(hq, 'carol')])
    map.release()
    await settled()
    expect(namesIn(directory, 'alice', 'carol')).toEqual([undefined, 'carol'])
  })

  it('asks once for many who look for one node, and for a node that changed many times', async () => {
    await using opened = await open()
    const { map, directory } = opened
    await Promise.all([1, 2, 3].map(() => directory.look(urlOf('alice'))))
    expect(map.lookups).toBe(1)
    map.hold()
    void directory.look(urlOf('bob'))
    for (let n = 0; n < 10; n++) await map.entries.put([userAt(oslo, 'alice', `${n}`)])
    map.release()
    await settled()
    expect(map.lookups).toBeLessThan(10)
    expect(directory.user(urlOf('alice'))).toBeUndefined()
  })

  it('tells followers where changed nodes live, groups and users of other homes included', async () => {
    await using opened = await open()
    const { map, directory } = opened
    const heard: string[] = []
    const stop = directory.follow(
      (node, location) => heard.push(`${node.split('/').at(-1)} ${location?.home}`),
      () => [urlOf('bob')],
    )
    const group = urlOf('x')
    await map.entries.claim({ node: group, kind: 'group', home: oslo, displayName: '' })
    await map.entries.remove([urlOf('bob')])
    await settled()
    expect(heard.splice(0)).toEqual(['x oslo-1', 'bob undefined'])
    map.gap()
    await settled()
    expect(heard.splice(0)).toEqual(['alice hq-1', 'bob undefined'])
    stop()
    map.gap()
    await settled()
    expect(heard).toEqual([])
  })

  it('stops with what is under way', async () => {
    const { map, directory, failures, changes } = await open()
    map.hold()
    await map.entries.put([userAt(hq, 'carol')])
    await settled()
    const stopped = directory[Symbol.asyncDispose]()
    map.release()
    await stopped
    map.gap()
    await settled()
    expect([changes, failures]).toEqual([[], []])
  })
})

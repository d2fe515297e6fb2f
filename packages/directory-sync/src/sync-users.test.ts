import {
  type DirectorySource,
  LocationsMemory,
  type NodeLocation,
  parseHomeName,
  type SourceUser,
} from '@parley/domain'
import { logicalUrlOf, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { type SyncOptions, SyncRefusedError, syncUsers } from './sync-users.ts'

const [hq, oslo] = [parseHomeName('hq-1'), parseHomeName('oslo-1')]
const user = (alias: string, displayName = alias): SourceUser => ({
  kind: 'user',
  id: alias,
  node: userUrl('im.example.com', alias),
  displayName,
  names: [],
  attributes: {},
  origin: `cn=${alias}`,
})

function sourceOf(users: readonly SourceUser[]): DirectorySource {
  return {
    fingerprint: 'test',
    async *read() {
      yield { entries: users, gone: [], problems: [] }
      return {}
    },
    // biome-ignore lint/correctness/useYield: nobody asks for changes.
    async *changes() {
      return {}
    },
    onChange: () => () => {},
  }
}

function run(map: LocationsMemory, users: readonly SourceUser[], given: Partial<SyncOptions> = {}) {
  return syncUsers({ source: sourceOf(users), map, homes: [hq, oslo], mostRemoved: 0.2, ...given })
}

describe('bringing a directory into the map', () => {
  it('gives each new user the home with the fewest, and lets everybody keep it', async () => {
    const map = new LocationsMemory()
    const names = ['a', 'b', 'c', 'd']
    await run(
      map,
      names.map((name) => user(name)),
    )
    const homes = names.map((name) => map.locate(user(name).node)?.home)
    expect(homes.filter((home) => home === hq)).toHaveLength(2)
    const again = await run(
      map,
      [...names].reverse().map((name) => user(name)),
    )
    expect(again).toMatchObject({ added: [], changed: [], removed: [], unchanged: 4 })
    expect(names.map((name) => map.locate(user(name).node)?.home)).toEqual(homes)
  })

  it('changes names, removes who is gone, and leaves groups alone', async () => {
    const map = new LocationsMemory()
    const group = logicalUrlOf('im.example.com', '/groups/sales')
    await map.claim({ node: group, kind: 'group', home: hq, displayName: 'Sales' })
    await run(map, [user('a'), user('b')])
    const result = await run(map, [user('a', 'Alice')])
    expect(result).toMatchObject({ changed: [user('a').node], removed: [user('b').node] })
    expect(map.locate(user('a').node)?.displayName).toBe('Alice')
    expect(map.locate(user('b').node)).toBeUndefined()
    expect(map.locate(group)?.home).toBe(hq)
  })

  it('refuses to remove more than the share that is allowed, and changes nothing then', async () => {
    const map = new LocationsMemory()
    const everybody = Array.from({ length: 20 }, (_, index) => user(`u${index}`))
    await run(map, everybody)
    await expect(run(map, [...everybody.slice(0, 10), user('new')])).rejects.toThrow(SyncRefusedError)
    expect(await Array.fromAsync(map.all())).toHaveLength(20)
    expect(map.locate(user('new').node)).toBeUndefined()
    await run(map, everybody.slice(0, 10), { mostRemoved: 1 })
    expect(await Array.fromAsync(map.all())).toHaveLength(10)
  })

  it('only says what it would do in a dry run', async () => {
    const map = new LocationsMemory()
    expect(await run(map, [user('a')], { dryRun: true })).toMatchObject({ added: [user('a').node] })
    expect(await Array.fromAsync<NodeLocation>(map.all())).toEqual([])
  })

  it('takes the home that the directory names, for users who have none yet', async () => {
    const map = new LocationsMemory()
    await run(map, [
      { ...user('a'), home: oslo },
      { ...user('b'), home: oslo },
    ])
    expect(map.locate(user('a').node)?.home).toBe(oslo)
    expect(map.locate(user('b').node)?.home).toBe(oslo)
  })

  it('says what to do when there is no home at all', async () => {
    await expect(run(new LocationsMemory(), [user('a')], { homes: [] })).rejects.toThrow('start one with "parley home')
  })
})

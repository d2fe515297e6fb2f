import { type SourceEntry, type SourceUser, SyncStoreMemory } from '@parley/domain'
import { logicalUrlOf, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { SyncRefusedError } from './removal-guard.ts'
import type { SyncChange } from './sync-report.ts'
import { dayMs, EngineUnderTest, hq, oslo } from './testing/engine-under-test.ts'
import { sourceGroup, sourceUser } from './testing/scripted-directory.ts'

const many = (count: number): SourceUser[] => Array.from({ length: count }, (_, at) => sourceUser(`u${at}`))
const url = (alias: string) => userUrl('im.example.com', alias)

describe('bringing a directory into the map', () => {
  it('enters everybody with names and attributes, and says so', async () => {
    const test = new EngineUnderTest()
    const ann = sourceUser('id-ann', 'ann', { mail: 'ann@example.com', attributes: { title: 'CEO' }, unit: 'ou=hq' })
    test.directory.put(ann, sourceUser('id-ben', 'ben'))
    expect(await test.run()).toMatchObject({ read: 'everything', added: 2, users: 2, groups: 0, problems: 0 })
    expect(await test.map.entry(ann.node)).toEqual({
      id: 'id-ann',
      kind: 'user',
      node: ann.node,
      displayName: ann.displayName,
      mail: 'ann@example.com',
      names: ann.names,
      attributes: { title: 'CEO' },
      unit: 'ou=hq',
      home: hq,
    })
    expect(await test.map.named('ann@example.com')).toBe(ann.node)
    expect(await test.store.state()).toMatchObject({ users: 2, groups: 0, cookie: 'first 2' })
  })

  it('writes nothing when nothing is other than before', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(30))
    await test.run()
    const changes: unknown[] = []
    test.map.onChange((changed) => changes.push(changed))
    expect(await test.run({ full: true })).toMatchObject({ added: 0, changed: 0, removed: 0, users: 30 })
    expect(changes).toEqual([])
  })

  it('changes what differs, and leaves groups and resources alone that somebody made', async () => {
    const test = new EngineUnderTest()
    const group = logicalUrlOf('im.example.com', '/groups/sales')
    await test.map.claim({ node: group, kind: 'group', home: hq, displayName: 'Sales' })
    test.directory.put(sourceUser('a'), sourceUser('b'))
    await test.run()
    test.directory.put(sourceUser('a', 'a', { displayName: 'Alice' }))
    test.directory.remove('b')
    expect(await test.run({ full: true })).toMatchObject({ changed: 1, removed: 1, users: 1 })
    expect(await test.map.entry(url('a'))).toMatchObject({ displayName: 'Alice' })
    expect(await test.map.entry(url('b'))).toBeUndefined()
    expect(await test.map.entry(group)).toMatchObject({ home: hq })
  })

  it('takes over users who were entered before entries had ids, at their homes', async () => {
    const test = new EngineUnderTest()
    await test.map.put([
      { node: url('a'), kind: 'user', home: oslo, displayName: 'a' },
      { node: url('b'), kind: 'user', home: oslo, displayName: 'b' },
    ])
    test.directory.put(sourceUser('id-a', 'a'))
    expect(await test.run()).toMatchObject({ added: 0, changed: 1, removed: 1 })
    expect(await test.map.entry(url('a'))).toMatchObject({ id: 'id-a', home: oslo })
  })

  it('only says what it would do in a dry run', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'), sourceUser('b'))
    await test.run()
    test.directory.put(sourceUser('a', 'anna'), sourceUser('c'))
    test.directory.remove('b')
    const before = await test.entries()
    const changes: SyncChange[] = []
    const engine = test.restart()
    const options = {
      mostRemoved: 1,
      full: true,
      step: () => {},
      changed: (change: SyncChange) => changes.push(change),
    }
    expect(await engine.run(options)).toMatchObject({ added: 1, renamed: 1, removed: 1 })
    expect(changes.map(({ what, node, from }) => [what, node, from])).toEqual([
      ['removed', url('b'), undefined],
      ['renamed', url('anna'), url('a')],
      ['added', url('c'), undefined],
    ])
    expect(await test.entries()).toEqual(before)
    expect(await test.store.state()).toMatchObject({ cookie: 'first 2' })
  })

  it('stops before a write when it is told to', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    const step = () => {
      throw new Error('stopped')
    }
    await expect(test.run({ step })).rejects.toThrow('stopped')
    expect(await test.entries()).toEqual([])
  })

  it('keeps who cannot be read any more as it was, and says so', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'), sourceUser('b'))
    await test.run()
    test.directory.spoil('a', 'two IM addresses')
    for (const full of [false, true]) {
      await test.run({ full })
      expect((await test.entries()).map(({ id }) => id)).toEqual(['a', 'b'])
      expect(await test.store.problems()).toEqual([{ id: 'a', origin: 'cn=a', what: 'two IM addresses' }])
    }
    test.directory.put(sourceUser('a'))
    await test.run()
    expect(await test.store.problems()).toEqual([])
  })

  it('tells each problem once', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    test.directory.spoil('b', 'no mail')
    expect((await test.run()).newProblems).toHaveLength(1)
    expect((await test.run()).newProblems).toEqual([])
    expect(await test.run({ full: true })).toMatchObject({ newProblems: [], problems: 1 })
  })
})

describe('following changes', () => {
  it('reads changes only, also after a restart, and keeps the cookie', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(20))
    await test.run()
    test.restart()
    expect(await test.run()).toMatchObject({ read: 'changes', added: 0, users: 20 })
    test.directory.put(sourceUser('new'))
    test.directory.remove('u3')
    expect(await test.run()).toMatchObject({ read: 'changes', added: 1, removed: 1, users: 20 })
    expect(test.directory.reads).toBe(1)
    expect(await test.store.state()).toMatchObject({ cookie: 'first 22', users: 20 })
  })

  it('takes of several changes of one entry the last', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    await test.run()
    test.directory.remove('a')
    test.directory.put(sourceUser('a', 'a', { displayName: 'First' }), sourceUser('a', 'a', { displayName: 'Last' }))
    test.directory.put(sourceUser('b'))
    test.directory.remove('b')
    expect(await test.run()).toMatchObject({ changed: 1, added: 0, removed: 0 })
    expect(await test.entryOf('a')).toMatchObject({ displayName: 'Last' })
  })

  it.each<[string, (test: EngineUnderTest) => void]>([
    [
      'a cookie that is of no use',
      (test) => {
        test.directory.generation = 'second'
      },
    ],
    [
      'another configuration',
      (test) => {
        test.directory.fingerprint = 'another'
      },
    ],
    ['the time for it', (test) => test.clock.elapse(dayMs)],
  ])('reads everything again on %s', async (_, happens) => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    await test.run()
    expect(await test.run()).toMatchObject({ read: 'changes' })
    happens(test)
    expect(await test.run()).toMatchObject({ read: 'everything' })
    expect(await test.run()).toMatchObject({ read: 'changes' })
  })

  it('reads everything each time where changes cannot be told', async () => {
    const test = new EngineUnderTest()
    test.directory.tellsChanges = false
    test.directory.put(sourceUser('a'))
    await test.run()
    test.directory.remove('a')
    expect(await test.run()).toMatchObject({ read: 'everything', removed: 1 })
  })

  it('gives nobody else the cookie of a run that failed', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    await test.run()
    test.directory.put(sourceUser('b'))
    const broken = { ...test.ports, source: failing(test) }
    await expect(test.restart(broken).run({ holder: 'test', mostRemoved: 1, step: () => {} })).rejects.toThrow()
    expect(await test.store.state()).toMatchObject({ cookie: 'first 1' })
    test.restart()
    expect(await test.run()).toMatchObject({ read: 'changes', added: 1 })
  })
})

describe('the guard against a wrong filter', () => {
  it('refuses to remove more than the share that is allowed, and changes nothing then', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(20))
    await test.run()
    test.directory.remove(...many(10).map(({ id }) => id))
    test.directory.put(sourceUser('new'))
    for (const full of [false, true]) {
      await expect(test.run({ full })).rejects.toThrow(/10 of 20 users.*--most-removed 0\.5$/)
      expect(await test.entries()).toHaveLength(20)
    }
    expect(await test.run({ mostRemoved: 0.5 })).toMatchObject({ removed: 10, added: 1, users: 11 })
  })

  it('counts what small runs take within an hour together', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(20))
    await test.run()
    for (const { id } of many(4)) {
      test.directory.remove(id)
      await test.run()
    }
    test.directory.remove('u4')
    await expect(test.run()).rejects.toThrow(SyncRefusedError)
    test.clock.elapse(3_600_000)
    expect(await test.run()).toMatchObject({ removed: 1 })
  })

  it('counts renames too', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(20))
    await test.run()
    test.directory.put(...many(20).map(({ id }) => sourceUser(id, `${id}.other`)))
    await expect(test.run()).rejects.toThrow('0 of 20 users would be removed and 20 renamed')
    expect(await test.run({ mostRemoved: 1 })).toMatchObject({ renamed: 20 })
  })
})

describe('entries that ask for the same', () => {
  it('gives an alias to none of several, and to the last one that asks', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('1', 'smith', { names: [] }), sourceUser('2', 'smith', { names: [] }))
    expect(await test.run()).toMatchObject({ added: 0, waiting: 2, problems: 2 })
    expect((await test.waiting())['1']).toContain('cn=2')
    expect((await test.waiting())['2']).toContain('cn=1')
    test.directory.put(sourceUser('3', 'smith', { names: [] }))
    await test.run()
    test.directory.remove('1')
    expect(await test.run()).toMatchObject({ added: 0, waiting: 2 })
    test.directory.put(sourceUser('2', 'smythe', { names: [] }))
    expect(await test.run()).toMatchObject({ added: 2, waiting: 0, problems: 0 })
    expect(await test.entryOf('3')).toMatchObject({ node: url('smith') })
  })

  it('lets whoever has an alias keep it, and gives it on when it becomes free', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('1', 'smith', { names: [] }))
    await test.run()
    test.directory.put(sourceUser('2', 'smith', { names: [] }))
    for (const full of [false, true]) {
      expect(await test.run({ full })).toMatchObject({ waiting: 1 })
      expect(await test.entryOf('1')).toMatchObject({ node: url('smith') })
    }
    test.directory.remove('1')
    expect(await test.run()).toMatchObject({ removed: 1, added: 1, waiting: 0 })
    expect(await test.entryOf('2')).toMatchObject({ node: url('smith') })
  })

  it('gives a user in whose name another one signs in everything but that name, until it is free', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a', 'a', { names: ['a', 'shared'] }))
    await test.run()
    test.directory.put(sourceUser('b', 'b', { names: ['b', 'shared'] }))
    expect(await test.run()).toMatchObject({ added: 1, waiting: 1 })
    expect(await test.entryOf('b')).toMatchObject({ names: ['b'] })
    expect(await test.map.named('shared')).toBe(url('a'))
    test.directory.put(sourceUser('a', 'a', { names: ['a'] }))
    expect(await test.run()).toMatchObject({ waiting: 0 })
    expect(await test.map.named('shared')).toBe(url('b'))
  })

  it('gives a name from one user to another in one run, whichever comes first', async () => {
    for (const order of [1, -1]) {
      const test = new EngineUnderTest()
      test.directory.put(sourceUser('a', 'a', { names: ['boss'] }), sourceUser('b', 'b', { names: [] }))
      await test.run()
      const next = [sourceUser('a', 'a', { names: [] }), sourceUser('b', 'b', { names: ['boss'] })]
      test.directory.put(...(order === 1 ? next : next.reverse()))
      expect(await test.run()).toMatchObject({ changed: 2, waiting: 0 })
      expect(await test.map.named('boss')).toBe(url('b'))
    }
  })

  it('takes no URL from a group that somebody made', async () => {
    const test = new EngineUnderTest()
    const { node } = sourceGroup('g', [], 'sales')
    await test.map.claim({ node, kind: 'group', home: hq, displayName: 'Ours' })
    test.directory.put(sourceGroup('g', [], 'sales'))
    expect(await test.run()).toMatchObject({ added: 0, waiting: 1 })
    expect(await test.map.entry(node)).toMatchObject({ displayName: 'Ours' })
  })
})

describe('renames', () => {
  it('keeps the home of a renamed user, and the old URL from everybody else until it ends', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('1', 'ann'), sourceUser('2', 'ben'))
    await test.run()
    const before = await test.entryOf('1')
    test.directory.put(sourceUser('1', 'anna'), sourceUser('3', 'ann', { names: [] }))
    expect(await test.run()).toMatchObject({ renamed: 1, added: 0, waiting: 1, removed: 0 })
    expect(await test.entryOf('1')).toMatchObject({
      node: url('anna'),
      home: before?.home,
      names: ['anna@example.com'],
    })
    expect(await test.renames.find(url('ann'))).toBe(url('anna'))
    test.clock.elapse(91 * dayMs)
    expect(await test.run()).toMatchObject({ added: 1, waiting: 0 })
    expect(await test.entryOf('3')).toMatchObject({ node: url('ann') })
  })

  it('lets a user have the old URL back', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('1', 'ann'))
    await test.run()
    test.directory.put(sourceUser('1', 'anna'))
    await test.run()
    test.directory.put(sourceUser('1', 'ann'))
    expect(await test.run()).toMatchObject({ renamed: 1, waiting: 0 })
    expect(await test.renames.find(url('ann'))).toBeUndefined()
    expect(await test.renames.find(url('anna'))).toBe(url('ann'))
  })

  it('lets both wait who would change URLs with each other, where they are', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('1', 'a'), sourceUser('2', 'b'))
    await test.run()
    const displayName = 'Changed all the same'
    test.directory.put(sourceUser('1', 'b', { displayName }), sourceUser('2', 'a', { displayName }))
    for (const full of [false, true]) {
      expect(await test.run({ full })).toMatchObject({ renamed: 0, waiting: 2 })
      expect(await test.entryOf('1')).toMatchObject({ node: url('a'), displayName })
      expect(await test.entryOf('2')).toMatchObject({ node: url('b'), displayName })
    }
  })

  it('moves a chain of users on one after the other, as URLs become free', async () => {
    const test = new EngineUnderTest()
    test.settings = { renameMs: 0, fullReadMs: dayMs }
    test.directory.put(sourceUser('1', 'a'), sourceUser('2', 'b'), sourceUser('3', 'c'))
    await test.run()
    test.directory.put(sourceUser('1', 'b'), sourceUser('2', 'c'), sourceUser('3', 'd'))
    for (let renamed = 0; renamed < 3; renamed++) {
      await test.run()
      test.clock.elapse(3_600_000)
    }
    const nodes = await Promise.all(['1', '2', '3'].map(async (id) => (await test.entryOf(id))?.node))
    expect(nodes).toEqual([url('b'), url('c'), url('d')])
  })
})

describe('homes', () => {
  it('balances new users, and lets everybody keep what they have', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(4))
    await test.run()
    const homes = (await test.entries()).map(({ home }) => home)
    expect(homes.filter((home) => home === hq)).toHaveLength(2)
    await test.run({ full: true })
    expect((await test.entries()).map(({ home }) => home)).toEqual(homes)
    test.restart()
    await test.run()
    test.directory.put(sourceUser('n1'), sourceUser('n2'))
    await test.run()
    const fresh = await Promise.all(['n1', 'n2'].map(async (id) => (await test.entryOf(id))?.home))
    expect(fresh.sort()).toEqual([hq, oslo])
  })

  it('takes the home that the directory names, and asks for a move when it names another one later', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a', 'a', { home: oslo }), sourceUser('b', 'b', { home: oslo }))
    await test.run()
    expect((await test.entries()).map(({ home }) => home)).toEqual([oslo, oslo])
    test.directory.put(sourceUser('a', 'a', { home: hq }))
    for (const full of [false, true]) {
      await test.run({ full })
      expect(await test.entryOf('a')).toMatchObject({ home: oslo })
      expect((await test.store.problems()).map(({ what }) => what)).toEqual([expect.stringContaining('user move')])
    }
  })

  it('gives another home than one that nobody ever held, and says so', async () => {
    const test = new EngineUnderTest()
    test.homes = [hq]
    test.directory.put(sourceUser('a', 'a', { home: oslo }))
    await test.run()
    expect(await test.entryOf('a')).toMatchObject({ home: hq })
    expect(await test.store.problems()).toEqual([
      { id: 'a', origin: 'cn=a', what: expect.stringContaining('which nobody ever held') },
    ])
  })

  it('says what to do when there is no home at all', async () => {
    const test = new EngineUnderTest()
    test.homes = []
    test.directory.put(sourceUser('a'))
    await expect(test.run()).rejects.toThrow('start one with "parley home')
  })

  it('gives who comes back the home where what it had still is', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a', 'a', { home: oslo }), sourceUser('b'), sourceUser('c'))
    await test.run()
    test.directory.remove('a')
    await test.run()
    expect(await test.entryOf('a')).toBeUndefined()
    test.directory.put(sourceUser('a'), ...many(3))
    await test.run()
    expect(await test.entryOf('a')).toMatchObject({ home: oslo })
  })

  it('writes the chosen home back to the directory, where it does not know it', async () => {
    const test = new EngineUnderTest()
    const written: string[] = []
    test.directory.put(sourceUser('old'), sourceUser('knows', 'knows', { home: hq }))
    await test.run()
    test.directory.writeHome = async (id, home) => void written.push(`${id} ${home}`)
    test.directory.put(sourceUser('new'))
    await test.run({ full: true })
    expect(written).toEqual([`old ${hq}`, `new ${oslo}`])
  })

  it('reports what cannot be written back, and goes on', async () => {
    const test = new EngineUnderTest()
    test.directory.writeHome = async () => {
      throw new UnavailableError('insufficient access rights')
    }
    test.directory.put(sourceUser('a'))
    expect(await test.run()).toMatchObject({ added: 1, problems: 1 })
    expect((await test.store.problems())[0]?.what).toContain('insufficient access rights')
  })
})

describe('users whom an administrator switches off', () => {
  it('takes them out, and brings them back to their home', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many(6), sourceUser('ann', 'ann', { home: oslo }))
    await test.run()
    await test.store.switchOff('ann', url('ann'))
    expect(await test.run()).toMatchObject({ read: 'changes', removed: 1 })
    expect(await test.entryOf('ann')).toBeUndefined()
    expect(await test.run({ full: true })).toMatchObject({ added: 0, removed: 0 })
    await test.store.switchOn('ann')
    expect(await test.run()).toMatchObject({ read: 'changes', added: 1, waiting: 0 })
    expect(await test.entryOf('ann')).toMatchObject({ home: oslo, names: ['ann@example.com'] })
  })

  it('brings them back as the directory has them by then', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('ann'))
    await test.run()
    await test.store.switchOff('ann', url('ann'))
    await test.run()
    test.directory.put(sourceUser('ann', 'ann', { displayName: 'Dr. Ann' }))
    await test.run()
    expect(await test.entries()).toEqual([])
    await test.store.switchOn('ann')
    await test.run()
    expect(await test.entryOf('ann')).toMatchObject({ displayName: 'Dr. Ann' })
  })

  it('reads everything when somebody is switched on of whom it knows nothing', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('ann'))
    await test.run()
    await test.store.switchOff('ann', url('ann'))
    await test.map.remove([url('ann')])
    await test.run()
    test.restart()
    await test.run()
    await test.store.switchOn('ann')
    expect(await test.run()).toMatchObject({ read: 'everything', added: 1 })
  })
})

describe('groups of the directory', () => {
  const members = async (test: EngineUnderTest, group: SourceEntry) => await test.map.membersOf(group.node)

  it('become group nodes with the nodes of their members', async () => {
    const test = new EngineUnderTest()
    const sales = sourceGroup('sales', ['a', 'b', 'nobody', 'a'])
    test.directory.put(sourceUser('a'), sourceUser('b'), sales)
    expect(await test.run()).toMatchObject({ added: 3, users: 2, groups: 1 })
    expect(await test.map.entry(sales.node)).toMatchObject({ kind: 'group', id: 'sales' })
    expect(await members(test, sales)).toEqual([url('a'), url('b')])
  })

  it('follow who comes, goes and is renamed, though the group itself does not change', async () => {
    const test = new EngineUnderTest()
    const sales = sourceGroup('sales', ['a', 'b', 'late'])
    test.directory.put(sourceUser('a'), sourceUser('b'), sales)
    await test.run()
    test.restart()
    test.directory.put(sourceUser('late'))
    await test.run()
    expect(await members(test, sales)).toEqual([url('a'), url('b'), url('late')])
    test.directory.put(sourceUser('a', 'z'))
    test.directory.remove('b')
    await test.run()
    expect(await members(test, sales)).toEqual([url('late'), url('z')])
    expect(test.directory.reads).toBe(1)
  })

  it('change, and go with their members', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'), sourceUser('b'), sourceGroup('sales', ['a']))
    await test.run()
    test.directory.put(sourceGroup('sales', ['b']))
    await test.run()
    expect(await members(test, sourceGroup('sales', []))).toEqual([url('b')])
    test.directory.remove('sales')
    expect(await test.run()).toMatchObject({ removed: 1, groups: 0 })
    expect(await members(test, sourceGroup('sales', []))).toBeUndefined()
    expect(await Array.fromAsync(test.store.memberships())).toEqual([])
  })

  it('are cut off after 10,000 members, and that is said', async () => {
    const test = new EngineUnderTest()
    test.directory.put(
      sourceGroup(
        'all',
        many(10_001).map(({ id }) => id),
      ),
    )
    await test.run()
    expect((await test.store.problems())[0]?.what).toContain('10001 members')
  })
})

describe('the lease', () => {
  it('is needed to save what was reached', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    const store = new SyncStoreMemory(test.clock, test.map)
    await store.hold('another', 60_000)
    await expect(
      test.restart({ ...test.ports, store }).run({ holder: 'test', mostRemoved: 1, step: () => {} }),
    ).rejects.toThrow('another "parley sync"')
  })
})

/** The same directory, which breaks off after it has told what changed. */
function failing({ directory }: EngineUnderTest) {
  return {
    fingerprint: directory.fingerprint,
    read: () => directory.read(),
    async *changes(cookie: string) {
      for await (const batch of directory.changes(cookie)) yield batch
      throw new UnavailableError('the directory has gone')
    },
    onChange: () => () => {},
  }
}

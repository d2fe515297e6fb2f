import { type SourceUser, SyncStoreMemory } from '@parley/domain'
import { logicalUrlOf, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { SyncChange } from './sync-report.ts'
import { dayMs, EngineUnderTest, hq, oslo } from './testing/engine-under-test.ts'
import { sourceUser } from './testing/scripted-directory.ts'

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
    expect((await test.map.named('ann@example.com'))?.node).toBe(ann.node)
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

import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { dayMs, EngineUnderTest, hq } from './testing/engine-under-test.ts'
import { sourceGroup, sourceUser } from './testing/scripted-directory.ts'

const url = (alias: string) => userUrl('im.example.com', alias)

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
    expect((await test.map.named('shared'))?.node).toBe(url('a'))
    test.directory.put(sourceUser('a', 'a', { names: ['a'] }))
    expect(await test.run()).toMatchObject({ waiting: 0 })
    expect((await test.map.named('shared'))?.node).toBe(url('b'))
  })

  it('gives a name from one user to another in one run, whichever comes first', async () => {
    for (const order of [1, -1]) {
      const test = new EngineUnderTest()
      test.directory.put(sourceUser('a', 'a', { names: ['boss'] }), sourceUser('b', 'b', { names: [] }))
      await test.run()
      const next = [sourceUser('a', 'a', { names: [] }), sourceUser('b', 'b', { names: ['boss'] })]
      test.directory.put(...(order === 1 ? next : next.reverse()))
      expect(await test.run()).toMatchObject({ changed: 2, waiting: 0 })
      expect((await test.map.named('boss'))?.node).toBe(url('b'))
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

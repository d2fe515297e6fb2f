import type { SourceEntry, SourceUser } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { EngineUnderTest } from './testing/engine-under-test.ts'
import { sourceGroup, sourceUser } from './testing/scripted-directory.ts'

const many = (count: number): SourceUser[] => Array.from({ length: count }, (_, at) => sourceUser(`u${at}`))
const url = (alias: string) => userUrl('im.example.com', alias)

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

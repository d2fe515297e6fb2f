import type { SourceUser } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { EngineUnderTest, hq, oslo } from './testing/engine-under-test.ts'
import { sourceUser } from './testing/scripted-directory.ts'

const many = (count: number): SourceUser[] => Array.from({ length: count }, (_, at) => sourceUser(`u${at}`))
const url = (alias: string) => userUrl('im.example.com', alias)

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
    expect(await test.run()).toMatchObject({ read: 'changes', removed: 1, waiting: 0, problems: 0, newProblems: [] })
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

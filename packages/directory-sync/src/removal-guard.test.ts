import type { SourceUser } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { SyncRefusedError } from './removal-guard.ts'
import { EngineUnderTest } from './testing/engine-under-test.ts'
import { sourceUser } from './testing/scripted-directory.ts'

const many = (count: number): SourceUser[] => Array.from({ length: count }, (_, at) => sourceUser(`u${at}`))

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

import { describe, expect, it } from 'vitest'
import { FormatRecordMemory } from './format-record-memory.ts'
import { adoptFormat, formatState, type Migration, migrate } from './migrations.ts'

/** Steps of versions to come: the second one adds, and the third takes away what the first format has. */
function steps(log: string[] = []): readonly [Migration, Migration, Migration] {
  const step = (to: number, readers: number): Migration => ({
    to,
    readers,
    what: `step ${to}`,
    run: async (tell) => {
      tell('half of it')
      log.push(`ran ${to}`)
    },
  })
  return [step(1, 1), step(2, 1), step(3, 2)]
}

const quiet = (): void => {}

describe('a process that starts', () => {
  const [first, second, third] = steps()
  it.each([
    ['is of the same format', { format: 2, readers: 1 }, [first, second], 'current'],
    ['was migrated by a newer version, and added to only', { format: 2, readers: 1 }, [first], 'current'],
    ['was migrated by a newer version in a way that it does not know', { format: 3, readers: 2 }, [first], 'ahead'],
    ['is of an older format', { format: 2, readers: 1 }, [first, second, third], 'behind'],
    ['has no record, so that it is of the first format', undefined, [first], 'current'],
    ['has no record, while it needs a later format', undefined, [first, second], 'behind'],
  ] as const)('judges what %s', (_, stored, migrations, state) => {
    expect(formatState(stored, migrations)).toBe(state)
  })

  it('records its own format where nothing is kept', async () => {
    const record = new FormatRecordMemory()
    expect(await adoptFormat(record, steps())).toBe('current')
    expect(await record.read()).toEqual({ format: 3, readers: 2 })
    expect(await adoptFormat(record, steps())).toBe('current')
  })

  it('records the first format for what was kept before there were records', async () => {
    const record = new FormatRecordMemory(() => false)
    expect(await adoptFormat(record, steps().slice(0, 1))).toBe('current')
    expect(await record.read()).toEqual({ format: 1, readers: 1 })
  })

  it('records nothing when a migration is needed, or somebody else was faster', async () => {
    const old = new FormatRecordMemory(() => false)
    expect(await adoptFormat(old, steps())).toBe('behind')
    expect(await old.read()).toBeUndefined()
    const taken = new FormatRecordMemory(() => false)
    const isEmpty = async () => {
      await taken.replace(undefined, { format: 9, readers: 9 })
      return true
    }
    const late = {
      read: () => taken.read(),
      replace: taken.replace.bind(taken),
      isEmpty,
    }
    expect(await adoptFormat(late, steps())).toBe('ahead')
  })
})

describe('a migration', () => {
  it('carries out each step that is left, in order, records it, and says what it does', async () => {
    const log: string[] = []
    const record = new FormatRecordMemory(() => false)
    await record.replace(undefined, { format: 1, readers: 1 })
    expect(await migrate(record, steps(log), (line) => log.push(line))).toEqual([2, 3])
    expect(log).toEqual(['format 2: step 2', 'half of it', 'ran 2', 'format 3: step 3', 'half of it', 'ran 3'])
    expect(await record.read()).toEqual({ format: 3, readers: 2 })
  })

  it('does nothing a second time', async () => {
    const log: string[] = []
    const record = new FormatRecordMemory()
    await migrate(record, steps(), quiet)
    expect(await migrate(record, steps(log), quiet)).toEqual([])
    expect(log).toEqual([])
  })

  it('begins with the first step where nothing is recorded', async () => {
    const log: string[] = []
    expect(await migrate(new FormatRecordMemory(() => false), steps(log).slice(0, 1), quiet)).toEqual([1])
    expect(log).toEqual(['ran 1'])
  })

  it('stays at the last complete step when one fails, and goes on from there', async () => {
    const [first, second, third] = steps()
    const failing = { ...third, run: () => Promise.reject(new Error('no space')) }
    const record = new FormatRecordMemory()
    await expect(migrate(record, [first, second, failing], quiet)).rejects.toThrow('no space')
    expect(await record.read()).toEqual({ format: 2, readers: 1 })
    expect(await migrate(record, [first, second, third], quiet)).toEqual([3])
  })

  it('may be carried out by two at once', async () => {
    const record = new FormatRecordMemory()
    const made = await Promise.all([migrate(record, steps(), quiet), migrate(record, steps(), quiet)])
    expect(made.flat().toSorted()).toEqual([1, 2, 3])
    expect(await record.read()).toEqual({ format: 3, readers: 2 })
  })

  it('leaves alone what a newer version has made', async () => {
    const record = new FormatRecordMemory()
    await record.replace(undefined, { format: 9, readers: 9 })
    expect(await migrate(record, steps(), quiet)).toEqual([])
    expect(await record.read()).toEqual({ format: 9, readers: 9 })
  })
})

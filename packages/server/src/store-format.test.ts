import { FormatRecordMemory, type Migration } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { requireFormat } from './store-format.ts'

const migrations: readonly Migration[] = [1, 2].map((to) => ({ to, readers: to, what: '', run: async () => {} }))

describe('the format of what Redis holds', () => {
  it('is recorded by the first process, and good for the next', async () => {
    const record = new FormatRecordMemory()
    await requireFormat(record, migrations)
    await requireFormat(record, migrations)
    expect(await record.read()).toEqual({ format: 2, readers: 2 })
  })

  it('keeps a process from starting that needs a migration, and names the command', async () => {
    const record = new FormatRecordMemory(() => false)
    await expect(requireFormat(record, migrations)).rejects.toThrow(
      'what Redis holds is of an older format than 2, which this version needs.\nRun "parley migrate --config FILE"',
    )
  })

  it('keeps a process from starting that is too old for it', async () => {
    const record = new FormatRecordMemory()
    await record.replace(undefined, { format: 3, readers: 3 })
    await expect(requireFormat(record, migrations)).rejects.toThrow(
      'brought what Redis holds to format 3; this one knows formats up to 2.\nRun the newer version',
    )
  })
})

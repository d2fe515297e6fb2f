import { describe, expect, it } from 'vitest'
import type { FormatRecord } from '../format-record.ts'

/** A record under test. */
export interface OpenFormatRecord {
  readonly record: FormatRecord
  /** A second connection to the same record; it may be the same object. */
  readonly other: FormatRecord
  /** Has a home be held, as a cluster does that runs. */
  fill(): Promise<void>
}

/** What all records of a format promise; `open` gives one where nothing is kept. */
export function formatRecordContract(open: () => Promise<OpenFormatRecord>): void {
  describe('FormatRecord contract', () => {
    it('holds nothing at first', async () => {
      const { record } = await open()
      expect(await record.read()).toBeUndefined()
      expect(await record.isEmpty()).toBe(true)
    })

    it('shows everybody what was recorded', async () => {
      const { record, other } = await open()
      expect(await record.replace(undefined, { format: 1, readers: 1 })).toBe(true)
      expect(await other.read()).toEqual({ format: 1, readers: 1 })
      expect(await other.replace({ format: 1, readers: 1 }, { format: 2, readers: 1 })).toBe(true)
      expect(await record.read()).toEqual({ format: 2, readers: 1 })
    })

    it('changes nothing when something else is recorded than was expected', async () => {
      const { record, other } = await open()
      expect(await record.replace({ format: 1, readers: 1 }, { format: 2, readers: 2 })).toBe(false)
      expect(await record.read()).toBeUndefined()
      await record.replace(undefined, { format: 2, readers: 1 })
      expect(await other.replace(undefined, { format: 1, readers: 1 })).toBe(false)
      expect(await other.replace({ format: 2, readers: 2 }, { format: 3, readers: 3 })).toBe(false)
      expect(await record.read()).toEqual({ format: 2, readers: 1 })
    })

    it('lets one of many be the first', async () => {
      const { record, other } = await open()
      const formats = [1, 2, 3, 4]
      const outcomes = await Promise.all(
        formats.map((format, at) => (at % 2 ? other : record).replace(undefined, { format, readers: 1 })),
      )
      expect(outcomes.filter(Boolean)).toHaveLength(1)
      expect(await record.read()).toEqual({ format: formats[outcomes.indexOf(true)], readers: 1 })
    })

    it('tells that something is kept, but not for the record itself', async () => {
      const { record, other, fill } = await open()
      await record.replace(undefined, { format: 1, readers: 1 })
      expect(await other.isEmpty()).toBe(true)
      await fill()
      expect(await other.isEmpty()).toBe(false)
    })
  })
}

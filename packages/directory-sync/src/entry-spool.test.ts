import { describe, expect, it } from 'vitest'
import { EntrySpool } from './entry-spool.ts'
import { sourceUser } from './testing/scripted-directory.ts'

describe('EntrySpool', () => {
  it.each([0, 1, 499, 500, 501, 1_700])(
    'gives back %i entries as they were, in their order, as often as asked',
    (count) => {
      const spool = new EntrySpool()
      const users = Array.from({ length: count }, (_, at) => sourceUser(`ü${at}`, `u${at}`, { unit: 'ou=süd' }))
      expect(users.map((user) => spool.add(user))).toEqual(users.map((_, at) => at))
      expect(spool.size).toBe(count)
      for (let times = 0; times < 2; times++) expect([...spool.pieces(() => true)].flat()).toEqual(users)
    },
  )

  it('leaves out what is not wanted', () => {
    const spool = new EntrySpool()
    const users = Array.from({ length: 1_200 }, (_, at) => sourceUser(`u${at}`))
    for (const user of users) spool.add(user)
    const kept = [...spool.pieces(({ id }, ordinal) => id === 'u3' || ordinal === 1_199)].flat()
    expect(kept).toEqual([users[3], users[1_199]])
  })
})

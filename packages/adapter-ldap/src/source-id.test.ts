import { EqualityFilter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { idFilter, sourceIdOf } from './source-id.ts'

const guid = { name: 'objectGUID', form: 'guid' } as const
const text = { name: 'entryUUID', form: 'text' } as const
const id = '01234567-89ab-cdef-0123-456789abcdef'
const bytes = Buffer.from('67452301ab89efcd0123456789abcdef', 'hex')

describe('ids of entries', () => {
  it('are GUIDs as Windows writes them (MS-DTYP §2.3.4), or UUIDs in lower case', () => {
    expect(sourceIdOf(bytes, 'guid')).toBe(id)
    expect(sourceIdOf(Buffer.from(id.toUpperCase()), 'text')).toBe(id)
  })

  it('are nothing else', () => {
    expect(sourceIdOf(Buffer.alloc(15), 'guid')).toBeUndefined()
    expect(sourceIdOf(Buffer.from(`${id} `), 'text')).toBeUndefined()
    expect(sourceIdOf(Buffer.from('alice'), 'text')).toBeUndefined()
  })

  it('are found by the value that the directory has', () => {
    expect(idFilter(id, guid)).toEqual(new EqualityFilter({ attribute: 'objectGUID', value: bytes }))
    expect(idFilter(id, text)).toEqual(new EqualityFilter({ attribute: 'entryUUID', value: id }))
    expect(idFilter('*)(uid=*', text)).toBeUndefined()
  })
})

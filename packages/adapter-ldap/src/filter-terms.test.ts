import { describe, expect, it } from 'vitest'
import { filterTerms } from './filter-terms.ts'
import { parseFilter } from './filter-text.ts'

describe('terms of a filter', () => {
  it('are all its comparisons, however deep', () => {
    const filter = parseFilter(
      '(&(|(objectClass=user)(mail=*@example.com))(!(title=*))(memberOf:1.2.840.113556.1.4.1941:=CN=IM,DC=x)(a>=1)(b<=2)(c~=3))',
    )
    expect(filterTerms(filter)).toEqual([
      { attribute: 'objectClass', value: 'user' },
      { attribute: 'mail' },
      { attribute: 'title' },
      { attribute: 'memberOf', value: 'CN=IM,DC=x' },
      { attribute: 'a' },
      { attribute: 'b' },
      { attribute: 'c' },
    ])
  })
})

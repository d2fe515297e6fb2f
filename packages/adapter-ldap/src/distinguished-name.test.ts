import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithin, normalDn, parentDn } from './distinguished-name.ts'

describe('distinguished names, RFC 4514', () => {
  it('gives one spelling of a name', () => {
    const spelling = 'cn=jensen\\, ole,ou=it,dc=example,dc=com'
    expect(normalDn('CN=Jensen\\, Ole,OU=IT,DC=Example,DC=com')).toBe(spelling)
    expect(normalDn('cn=Jensen\\2C Ole, ou=IT , dc=example,dc=com')).toBe(spelling)
    expect(normalDn('cn="Jensen, Ole",ou=IT,dc=example,dc=com')).toBe(spelling)
    expect(normalDn('cn=S\\C3\\B8ren')).toBe(normalDn('CN=Søren'))
    expect(normalDn('uid=a+cn=b,dc=x')).toBe(normalDn('CN=B+UID=A,DC=X'))
  })

  it('knows where an entry stands', () => {
    expect(parentDn('CN=Jensen\\, Ole,OU=Oslo,DC=example,DC=com')).toBe('ou=oslo,dc=example,dc=com')
    expect(parentDn('dc=com')).toBeUndefined()
    expect(isWithin('uid=a,OU=People,dc=example', 'ou=people, dc=example')).toBe(true)
    expect(isWithin('ou=people,dc=example', 'ou=people,dc=example')).toBe(true)
    expect(isWithin('uid=a,ou=otherpeople,dc=example', 'people,dc=example')).toBe(false)
    expect(isWithin('uid=x\\,ou=people,dc=example', 'ou=people,dc=example')).toBe(false)
  })

  it('takes any text, and gives the same for what it gave', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a=,+"\\ 0cf;ø') }), (text) => {
        expect(normalDn(normalDn(text))).toBe(normalDn(text))
      }),
    )
  })
})

import fc from 'fast-check'
import { BerWriter, Filter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { parseFilter } from './filter-text.ts'
import { LdapSetupError } from './ldap-fault.ts'

function encoded(text: string): string {
  const writer = new BerWriter()
  parseFilter(text).write(writer)
  return writer.buffer.toString('latin1')
}

describe('parseFilter, RFC 4515', () => {
  it('reads the examples of the RFC', () => {
    for (const text of [
      '(cn=Babs Jensen)',
      '(!(cn=Tim Howes))',
      '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
      '(o=univ*of*mich*)',
      '(seeAlso=)',
      '(cn:caseExactMatch:=Fred Flintstone)',
      '(cn:=Betty Rubble)',
      '(sn:dn:2.4.6.8.10:=Barney Rubble)',
      '(o:dn:=Ace Industry)',
      '(:1.2.3:=Wilma Flintstone)',
      '(:DN:2.4.6.8.10:=Dino)',
      '(memberOf:1.2.840.113556.1.4.1941:=CN=IM users,DC=example,DC=com)',
      '(userAccountControl:1.2.840.113556.1.4.803:=2)',
      '(1.3.6.1.4.1.1466.0=x)',
      '(cn;lang-de=y)',
      '(a>=1)',
      '(a<=1)',
      '(a~=1)',
      '(a=*)',
    ])
      expect(() => parseFilter(text), text).not.toThrow()
  })

  it('takes escapes for bytes', () => {
    expect(encoded('(cn=\\c3\\b8)')).toBe(encoded('(cn=ø)'))
    expect(encoded('(o=Parens R Us \\28for all your parenthetical needs\\29)')).toContain('Us (for all')
    expect(encoded('(filename=C:\\5cMyFile)')).toContain('C:\\MyFile')
    expect(encoded('(bin=\\00\\00\\00\\04)')).toContain('\0\0\0\x04')
    expect(encoded('(cn=*\\2A*)')).toContain('*')
  })

  it('forgives missing outer brackets', () => {
    expect(encoded('mail=*@example.com')).toBe(encoded('(mail=*@example.com)'))
  })

  it.each([
    ['', /lacks a comparison/],
    ['(cn=a', /lacks a "\)"/],
    ['(cn=a))', /goes on after its last bracket/],
    ['(&)', /has nothing in brackets after "&"/],
    ['(!(cn=a)(cn=b))', /lacks a "\)"/],
    ['(cn=a(b)', /lacks a "\)"/],
    ['(cn)', /lacks a comparison/],
    ['(c n=a)', /"c n" where an attribute/],
    ['(=a)', /"" where an attribute/],
    ['(cn=\\zz)', /two hexadecimal digits/],
    ['(cn=\\c3*)', /no UTF-8/],
    ['(cn=a**b)', /two asterisks/],
    ['(:=a)', /neither an attribute nor a rule/],
    [`${'(!'.repeat(40)}(a=b)${')'.repeat(40)}`, /brackets within brackets/],
    [`(a=${'x'.repeat(9000)})`, /longer than/],
  ])('says what is wrong with %j', (text, what) => {
    expect(() => parseFilter(text)).toThrow(LdapSetupError)
    expect(() => parseFilter(text)).toThrow(what)
  })

  it('finds only what was escaped, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const filter = parseFilter(`(cn=${Filter.escape(value)})`)
        expect(Buffer.from((filter as unknown as { value: Buffer }).value).toString('utf8')).toBe(
          Buffer.from(value, 'utf8').toString('utf8'),
        )
      }),
    )
  })

  it('reads any text in good time, or says what is wrong with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'()&|!=*\\a:0;<>~ ') }), (text) => {
        try {
          parseFilter(text)
        } catch (error) {
          expect(error).toBeInstanceOf(LdapSetupError)
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseUsers } from './parse-users.ts'
import { UsersFileError } from './users-file-error.ts'

const ha1 = '939e7578ed9e3c518a452acee763bce9'
const good = `realm: office
ntDomains: [CORP]
users:
  - name: alice
    enabled: true
    verifiers:
      digest:
        alice: ${ha1}
        CORP\\alice: ${ha1}
      ntlm: ${ha1}
  - name: Bob
`

function mistakesOf(text: string): string {
  try {
    parseUsers(text, 'users.yaml')
  } catch (error) {
    if (error instanceof UsersFileError) return error.message
    throw error
  }
  return 'no mistake'
}

describe('reading a users file', () => {
  it('fills in what is left out: the realm is parley, and users are disabled', () => {
    expect(parseUsers(good, 'users.yaml').content.users[1]).toEqual({
      name: 'Bob',
      enabled: false,
      verifiers: { digest: {} },
    })
    expect(parseUsers('', 'users.yaml').content).toEqual({ realm: 'parley', domains: [], ntDomains: [], users: [] })
  })

  it('names every mistake with its line', () => {
    const bad = `${good.replace('enabled: true', 'enabled: sometimes').replace('realm', 'relm')}
  - name: a b
    mail: nowhere
    shoeSize: 43
  - name: BOB
`
    const message = mistakesOf(bad)
    expect(message).toMatch(/^users\.yaml cannot be used:\n/)
    expect(message).toContain('line 5: users[0].enabled ')
    expect(message).toContain('line 13: users[2].name must start with a letter')
    expect(message).toContain('line 14: users[2].mail must be a mail address')
    expect(message).toContain('line 15: users[2].shoeSize is not known here')
    expect(message).toContain('line 1: relm is not known here')
  })

  it('refuses two users whose names differ in case only', () => {
    expect(mistakesOf(`${good}  - name: BOB\n`)).toContain('line 12: users[2].name is there twice')
  })

  it('refuses a verifier for another user’s name', () => {
    expect(mistakesOf(good.replace(`CORP\\alice:`, 'CORP\\bob:'))).toContain('line 9: ')
  })

  it('names a mistake of syntax with its line', () => {
    expect(mistakesOf('realm: "office\nusers: []\n')).toMatch(/line \d: /)
    expect(mistakesOf('users:\n  - name: a\n    name: b\n')).toContain('line 3: ')
  })

  it('refuses an alias without its anchor, and aliases that expand without end', () => {
    expect(mistakesOf('users: *people\n')).toContain('Unresolved alias')
    const levels = Array.from(
      { length: 9 },
      (_, n) =>
        `  - &l${n} [${Array(9)
          .fill(n ? `*l${n - 1}` : 'x')
          .join(', ')}]\n`,
    )
    expect(mistakesOf(`users:\n${levels.join('')}`)).toContain('cannot be used')
  })

  it('never tells a verifier', () => {
    expect(mistakesOf(good.replaceAll(ha1, 'Secret123'))).not.toContain('Secret')
  })

  it('throws nothing but UsersFileError', () => {
    const pieces = fc.constantFrom(
      ...good.split(/(?<=\n| )/),
      '- ',
      '? ',
      '{',
      '[',
      '&a ',
      '*a ',
      '!!js ',
      '<<: ',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        expect(mistakesOf(parts.join(''))).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })
})

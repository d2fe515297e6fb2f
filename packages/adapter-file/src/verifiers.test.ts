import { describe, expect, it } from 'vitest'
import { imVerifiers, spellingsOf } from './verifiers.ts'

describe('verifiers, client-facts §5, 37', () => {
  it('[R37] cover every spelling that clients send', () => {
    const known = { domains: ['im.example.com'], ntDomains: ['Corp'] }
    expect(spellingsOf('steve', known)).toEqual([
      'steve',
      '/steve',
      '\\steve',
      'steve@im.example.com',
      'Corp\\steve',
      'Corp/steve',
      'CORP\\steve',
      'CORP/steve',
      'corp\\steve',
      'corp/steve',
    ])
    expect(spellingsOf('Steve', { domains: [], ntDomains: [] })).toEqual([
      'Steve',
      '/Steve',
      '\\Steve',
      'steve',
      '/steve',
      '\\steve',
    ])
  })

  it('are the HA1 of RFC 2617 §3.5 and the NT hash of MS-NLMP §4.2.2.1.2', async () => {
    const none = { domains: [], ntDomains: [] }
    const { digest } = await imVerifiers('Mufasa', 'Circle Of Life', 'testrealm@host.com', none)
    expect(digest.Mufasa).toBe('939e7578ed9e3c518a452acee763bce9')
    expect((await imVerifiers('User', 'Password', 'parley', none)).ntlm).toBe('a4f49c406510bdcab6824ee7c30fd852')
  })
})

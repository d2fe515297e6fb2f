import { BerWriter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { readBindAnswer } from './bind-answer.ts'
import type { LdapResult } from './ldap-reply.ts'

function answer(code: number, diagnostic = '', policy?: (writer: BerWriter) => void) {
  const controls = new Map<string, Buffer>()
  if (policy) {
    const writer = new BerWriter()
    writer.startSequence()
    policy(writer)
    writer.endSequence()
    controls.set('1.3.6.1.4.1.42.2.27.8.5.1', Buffer.from(writer.buffer))
  }
  const result: LdapResult = { kind: 'result', code, matchedDn: '', diagnostic, referrals: [], controls }
  return readBindAnswer(result)
}

describe('readBindAnswer', () => {
  it('knows right and wrong', () => {
    expect(answer(0)).toEqual({ kind: 'right' })
    expect(answer(49)).toEqual({ kind: 'wrong', reason: 'wrong password' })
    expect(answer(48)).toMatchObject({ kind: 'wrong' })
  })

  it('takes a directory that could not say for neither', () => {
    for (const code of [1, 8, 13, 51, 52, 80]) expect(answer(code)).toEqual({ kind: 'unchecked' })
  })

  it.each([
    ['52e', 'wrong password'],
    ['532', 'the password has expired'],
    ['533', 'the account is disabled'],
    ['701', 'the account has expired'],
    ['773', 'the password must be changed first'],
    ['775', 'the account is locked'],
  ])('reads what Active Directory adds: data %s', (data, reason) => {
    const diagnostic = `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v2580`
    expect(answer(49, diagnostic)).toEqual({ kind: 'wrong', reason })
  })

  it('refuses a password that is right but must be changed first', () => {
    const mustChange = (writer: BerWriter) => writer.writeEnumeration(2, 0x81)
    expect(answer(0, '', mustChange)).toEqual({ kind: 'wrong', reason: 'the password must be changed first' })
  })

  it('accepts a password that will expire', () => {
    const warning = (writer: BerWriter) => {
      writer.startSequence(0xa0)
      writer.writeInt(3600, 0x80)
      writer.endSequence()
    }
    expect(answer(0, '', warning)).toEqual({ kind: 'right' })
  })
})

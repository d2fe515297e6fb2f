import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kerberosToken, negTokenInit, negTokenResp } from '../tests/kerberos-client.ts'
import { readDer, writeDer } from './der.ts'
import { ntlmInSpnego, parseNegotiateToken } from './spnego.ts'

const type1 = Buffer.from('NTLMSSP\0\x01\0\0\0\0\0\0\0', 'latin1')

const parse = (token: Uint8Array) => parseNegotiateToken(Buffer.from(token).toString('base64'))
const authenticator = Buffer.alloc(60, 7)
const ticket = kerberosToken(authenticator)

describe('tokens under Negotiate, RFC 4178 §4.2', () => {
  it('are messages of NTLM, as they are or in SPNEGO', () => {
    expect(parse(type1)).toEqual({ kind: 'ntlm', message: type1, wrapped: false })
    expect(parse(negTokenInit(['ntlm'], type1))).toEqual({ kind: 'ntlm', message: type1, wrapped: true })
    expect(parse(negTokenResp(type1))).toEqual({ kind: 'ntlm', message: type1, wrapped: true })
  })

  it('are tickets: bare, or the token of the first mechanism', () => {
    expect(parse(ticket)).toEqual({ kind: 'ticket', token: ticket, authenticator, offersNtlm: false })
    for (const first of ['kerberos', 'windowsKerberos'] as const) {
      const token = negTokenInit([first, 'negoex', 'ntlm'], ticket)
      expect(parse(token)).toEqual({ kind: 'ticket', token, authenticator, offersNtlm: true })
    }
  })

  it('begin with what we cannot do, and offer NTLM', () => {
    expect(parse(negTokenInit(['negoex', 'ntlm'], ticket))).toEqual({ kind: 'other' })
    expect(parse(negTokenInit(['ntlm']))).toEqual({ kind: 'other' })
    expect(parse(negTokenInit(['ntlm'], ticket))).toEqual({ kind: 'other' })
    expect(parse(negTokenInit(['kerberos', 'ntlm'], ticket.subarray(0, 90)))).toEqual({ kind: 'other' })
  })

  it.each([
    ['nothing', ''],
    ['SPNEGO without NTLM or Kerberos', negTokenInit(['negoex'], type1).toString('hex')],
    ['no mechanism', negTokenInit([]).toString('hex')],
    ['seventeen mechanisms', negTokenInit(Array(17).fill('ntlm'), type1).toString('hex')],
    ['another protocol', '600806062b0601050503'],
    ['a length longer than need be', '6081 0806062b0601050502'.replace(' ', '')],
    ['an indefinite length', '608006062b06010505020000'],
    ['bytes after the end', `${negTokenInit(['ntlm'], type1).toString('hex')}00`],
    ['fields out of order', 'a1123010a2030401aaa0030a0101a0030a0101'],
    ['an answer without a token', 'a1073005a0030a0101'],
  ])('are not %s', (_, hex) => {
    expect(parse(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('are answered with NTLM’s choice, or its message', () => {
    // As Samba 4.17 says it.
    expect(Buffer.from(ntlmInSpnego(), 'base64').toString('hex')).toBe('a1153013a0030a0101a10c060a2b06010401823702020a')
    const answer = Buffer.from(ntlmInSpnego(type1), 'base64')
    expect(parse(answer)).toEqual({ kind: 'ntlm', message: type1, wrapped: true })
  })

  it('may be any bytes', () => {
    const whole = [negTokenInit(['kerberos', 'ntlm'], ticket), negTokenInit(['ntlm'], type1), negTokenResp(type1)]
    const mutated = fc
      .tuple(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
      .map(([token, changes, end]) => {
        const bytes = Buffer.from(token)
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        return bytes.subarray(0, end % (bytes.length + 1))
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const token = parse(bytes)
        if (token?.kind === 'ntlm') expect(Buffer.from(token.message).toString('latin1')).toMatch(/^NTLMSSP\0/)
        if (token?.kind === 'ticket') expect(Buffer.from(token.token)).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('DER, X.690 §10.1', () => {
  it('is read as it is written, whatever the length', () => {
    const lengths = fc.constantFrom(0, 1, 127, 128, 255, 256, 65_535, 65_536)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0x04, 0x30, 0xa2), lengths), { maxLength: 4 }), (elements) => {
        const bytes = Buffer.concat(elements.map(([tag, length]) => writeDer(tag, Buffer.alloc(length, tag))))
        expect(readDer(bytes, 4)).toEqual(
          elements.map(([tag, length]) => ({ tag, content: Buffer.alloc(length, tag) })),
        )
        expect(readDer(Buffer.concat([bytes, Buffer.from([0x04])]), 9)).toBeUndefined()
      }),
    )
  })

  it.each(['1f8100', '048000', '0484000000010a', '04820010', '048101ff', '0402aa'])('is not %s', (hex) => {
    expect(readDer(Buffer.from(hex, 'hex'), 9)).toBeUndefined()
  })
})

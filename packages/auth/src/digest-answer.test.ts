import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestResponse, parseDigestAnswer } from './digest-answer.ts'

const ha1 = hash('md5', 'Mufasa:testrealm@host.com:Circle Of Life')
const rfc2617 =
  'username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html",' +
  ' qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1",' +
  ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'

function parsed(text: string) {
  const answer = parseDigestAnswer(text)
  if (!answer) throw new Error('not parsed')
  return answer
}

describe('Digest answers, RFC 2617 §3.5', () => {
  it('[R36] computes the response of RFC 2617', () => {
    expect(digestResponse(ha1, parsed(rfc2617), 'GET')).toBe('6629fae49393a05397450978507c4ef1')
  })

  it('[R36] computes the response of RFC 2069 when there is no qop', () => {
    const old =
      'username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",' +
      ' uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea"'
    const password = hash('md5', 'Mufasa:testrealm@host.com:CircleOfLife')
    expect(digestResponse(password, parsed(old), 'GET')).toBe('1949323746fe6a43ef61f9606e7febea')
  })

  it('[R36] reads qop, algorithm and nc with or without quotes, and hexadecimal in either case', () => {
    const plain = parsed(rfc2617)
    const other = rfc2617
      .replace('qop=auth', 'qop="auth",algorithm="MD5"')
      .replace('nc=00000001', 'nc="00000001"')
      .replace(/response="[^"]+"/, (response) => response.toUpperCase().replace('RESPONSE', 'response'))
    expect(parsed(other)).toEqual(plain)
    expect(parsed(rfc2617.replace('nc=00000001', 'nc=0000000A')).qop?.nc).toBe('0000000A')
  })

  it('[R37] keeps a lone backslash in a user name, and undoes an escaped one', () => {
    for (const sent of ['CORP\\user', 'CORP\\\\user']) {
      expect(parsed(rfc2617.replace('Mufasa', sent)).username).toBe('CORP\\user')
    }
    expect(parsed(rfc2617.replace('Mufasa', '\\user')).username).toBe('\\user')
    expect(parsed(rfc2617.replace('Mufasa', 'a\\"b')).username).toBe('a"b')
  })

  it('takes commas and white space in any amount, and names in any case', () => {
    expect(parsed(` ,,\t${rfc2617.replaceAll(', ', ' ,\t, ').replace('username=', 'UserName = ')} , `)).toEqual(
      parsed(rfc2617),
    )
  })

  it.each([
    ['nothing', ''],
    ['a parameter missing', rfc2617.replace(/nonce="[^"]+",/, '')],
    ['a parameter given twice', `${rfc2617}, uri="/other"`],
    ['qop auth-int', rfc2617.replace('qop=auth', 'qop=auth-int')],
    ['qop without nc', rfc2617.replace('nc=00000001,', '')],
    ['an nc that is no number', rfc2617.replace('nc=00000001', 'nc=xyz')],
    ['SHA-256', `${rfc2617}, algorithm=SHA-256`],
    ['MD5-sess', `${rfc2617}, algorithm=MD5-sess`],
    ['a short response', rfc2617.replace('6629fae4', '')],
    ['an open quote', rfc2617.slice(0, -1)],
    ['too many parameters', `${rfc2617}${', x=1'.repeat(30)}`],
    ['too many bytes', `${rfc2617}, x="${'x'.repeat(5000)}"`],
  ])('refuses %s', (_, text) => {
    expect(parseDigestAnswer(text)).toBeUndefined()
  })

  it('never throws', () => {
    const pieces = fc.constantFrom(
      '"',
      '\\',
      ',',
      '=',
      ' ',
      'username',
      'nonce',
      'nc=1',
      'qop=auth',
      '\0',
      'ü',
      rfc2617,
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          const answer = parseDigestAnswer(text)
          expect(answer === undefined || answer.response.length === 32).toBe(true)
        },
      ),
    )
  })
})

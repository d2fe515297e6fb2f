import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { federatedAnswer } from './federation-answer.ts'

const body = Buffer.from('<a/>')

describe('an answer of another IM domain', () => {
  it('passes with the headers that RVP needs, and no others', () => {
    const headers = [
      ['subscription-id', '7'],
      ['Subscription-Lifetime', '600'],
      ['Retry-After', '5'],
      ['Set-Cookie', 'a=b'],
      ['Location', 'http://elsewhere.example/'],
      ['WWW-Authenticate', 'Basic realm="x"'],
      ['Content-Type', 'text/xml; charset="UTF-8"'],
    ] as const
    expect(federatedAnswer({ status: 207, headers, body })).toEqual({
      status: 207,
      headers: [
        ['Subscription-Id', '7'],
        ['Subscription-Lifetime', '600'],
        ['Retry-After', '5'],
        ['Content-Type', 'text/xml'],
      ],
      body,
    })
  })

  it('passes without a header whose value is none', () => {
    const headers = [
      ['Subscription-Id', 'seven'],
      ['Retry-After', 'Fri, 31 Dec 1999 23:59:59 GMT'],
    ] as const
    expect(federatedAnswer({ status: 200, headers, body: new Uint8Array(0) })).toEqual({ status: 200, headers: [] })
  })

  it.each(['text/html', 'application/javascript', 'text/xml; charset=utf-7', ''])(
    'passes without a body of the type “%s”',
    (type) => {
      expect(federatedAnswer({ status: 404, headers: [['Content-Type', type]], body })).toEqual({
        status: 404,
        headers: [],
      })
    },
  )

  it('passes with a sentence for people', () => {
    const answer = federatedAnswer({ status: 403, headers: [['Content-Type', 'text/plain']], body })
    expect(answer).toEqual({ status: 403, headers: [['Content-Type', 'text/plain; charset=utf-8']], body })
  })

  it.each([
    ['is no XML', '<a>'],
    ['has a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['declares an encoding in which clients read something else', '<?xml version="1.0" encoding="utf-7"?><a/>'],
  ])('does not pass when its body %s, since classic clients are not to see that', (_, xml) => {
    const answer = { status: 207, headers: [['Content-Type', 'text/xml']] as const, body: Buffer.from(xml) }
    expect(() => federatedAnswer(answer)).toThrow(UnavailableError)
  })

  it('passes with XML that is larger than a request may be', () => {
    const xml = Buffer.from(`<?xml version='1.0' encoding='UTF-8'?><a>${'<b/>'.repeat(50_000)}</a>`)
    expect(federatedAnswer({ status: 200, headers: [['Content-Type', 'text/xml']], body: xml }).body).toEqual(xml)
  })

  it.each([101, 302, 307, 401, 407, 421])('does not pass when it is %i: our client stays here', (status) => {
    expect(() => federatedAnswer({ status, headers: [], body })).toThrow(UnavailableError)
  })
})

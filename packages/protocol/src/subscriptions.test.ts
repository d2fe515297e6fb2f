import { describe, expect, it } from 'vitest'
import { BadRequestError } from './rvp-error.ts'
import { parseSubscriptions, writeSubscriptions } from './subscriptions.ts'

const own = { id: 2147483647, href: 'http://im.example.com/instmsg/aliases/steve', secondsLeft: 13999.7 }

describe('SUBSCRIPTIONS answer, RVP §5.3', () => {
  it('gives id, href, principal and the time left in whole seconds without blanks [R23]', () => {
    const body = writeSubscriptions([own])
    expect(body).toContain(
      `<r:subscription><r:subscription-id>2147483647</r:subscription-id><d:href>${own.href}</d:href>` +
        `<a:principal><a:rvp-principal>${own.href}</a:rvp-principal></a:principal><d:timeout>13999</d:timeout></r:subscription>`,
    )
    expect(body).not.toMatch(/>\s|\s</)
  })

  it('is read back', () => {
    const late = { ...own, id: 1, secondsLeft: -5 }
    expect(parseSubscriptions(writeSubscriptions([own, late]))).toEqual([
      { ...own, secondsLeft: 13999 },
      { ...late, secondsLeft: 0 },
    ])
    expect(parseSubscriptions(writeSubscriptions([]))).toEqual([])
  })

  it.each(['', '<a/>', writeSubscriptions([own]).replace('2147483647', '7F3A')])('refuses %j', (body) => {
    expect(() => parseSubscriptions(body)).toThrow(BadRequestError)
  })
})

import { describe, expect, it } from 'vitest'
import { plainResponse, responseHead } from './response-writer.ts'

describe('the head of an answer', () => {
  it('[R8] says Content-Length in the one spelling that librvp reads, also for an empty body', () => {
    expect(responseHead({ status: 200, headers: [['Subscription-Id', '7']] }, 0, '')).toBe(
      'HTTP/1.1 200 Successful\r\nSubscription-Id: 7\r\nContent-Length: 0\r\n\r\n',
    )
  })

  it('says what becomes of the connection', () => {
    expect(responseHead({ status: 401, headers: [] }, 3, 'close')).toBe(
      'HTTP/1.1 401 Access Denied\r\nContent-Length: 3\r\nConnection: close\r\n\r\n',
    )
  })

  it('says no length where there is no end', () => {
    expect(responseHead({ status: 200, headers: [] }, undefined, 'close')).toBe(
      'HTTP/1.1 200 Successful\r\nConnection: close\r\n\r\n',
    )
  })

  it.each([
    ['X', 'a\r\nY: b'],
    ['X', 'a\nb'],
    ['X', 'a\rb'],
    ['X', 'a\0b'],
    ['X: a\r\nY', 'b'],
    ['', 'b'],
    ['X Y', 'b'],
    ['content-length', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'close'],
  ])('refuses the header %j: %j of a handler', (name, value) => {
    expect(() => responseHead({ status: 200, headers: [[name, value]] }, 0, '')).toThrow(TypeError)
  })

  it.each([100, 199, 600, 200.5, Number.NaN])('[R8] refuses the status %d, which is not final', (status) => {
    expect(() => responseHead({ status, headers: [] }, 0, '')).toThrow(TypeError)
  })
})

describe('an answer of the listener itself', () => {
  it('[R11] says the version that clients expect', () => {
    expect(plainResponse(500).headers).toEqual([['RVP-Notifications-Version', '0.2']])
    expect(plainResponse(400, 'why')).toMatchObject({ body: 'why\n' })
    expect(plainResponse(400, 'why').headers).toContainEqual(['RVP-Notifications-Version', '0.2'])
  })
})

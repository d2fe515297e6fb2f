import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultListenerLimits } from '../src/listener-limits.ts'
import { cutAt, damage, damaged, meantRequest, onWire } from './listener-generated-requests.ts'
import { readRequests } from './listener-read-requests.ts'
import { ListenerUnderTest } from './listener-under-test.ts'

const places = fc.array(fc.nat(10_000), { maxLength: 20 })
const lineEnds = fc.constantFrom('\r\n', '\n')
const smallLimits = {
  ...defaultListenerLimits,
  requestLineBytes: 100,
  headerBytes: 300,
  headerFields: 6,
  bodyBytes: 150,
}
const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array).toString('latin1'))
const damagedRequests = fc
  .tuple(
    fc.array(meantRequest, { minLength: 1, maxLength: 3 }),
    fc.array(damage, { minLength: 1, maxLength: 3 }),
    lineEnds,
  )
  .map(([requests, damages, lineEnd]) =>
    damages.reduce((text, one) => damaged(text, one), requests.map((request) => onWire(request, lineEnd)).join('')),
  )

describe('requests, however they are cut into pieces', () => {
  it('[R1] read as what was meant', () => {
    fc.assert(
      fc.property(fc.array(meantRequest, { maxLength: 4 }), lineEnds, places, (meant, lineEnd, cuts) => {
        const pieces = cutAt(meant.map((request) => onWire(request, lineEnd)).join(''), cuts)
        const { requests, refused } = readRequests(pieces)
        expect(refused).toBeUndefined()
        expect(requests.map(({ method, target, body }) => ({ method, target, body }))).toEqual(
          meant.map(({ method, target, body }) => ({ method, target, body })),
        )
        expect(requests.map(({ headers }) => headers.slice(1, -1))).toEqual(meant.map(({ headers }) => headers))
      }),
      { numRuns: 1000 },
    )
  })

  it('read the same byte by byte as in one piece, damaged or not, within any limits', () => {
    const input = fc.oneof(
      damagedRequests,
      bytes,
      meantRequest.map((request) => onWire(request)),
    )
    fc.assert(
      fc.property(input, places, fc.constantFrom(defaultListenerLimits, smallLimits), (text, cuts, limits) => {
        const whole = readRequests([text], limits)
        for (const pieces of [cutAt(text, cuts), [...text]]) {
          const { requests, refused } = readRequests(pieces, limits)
          expect({ requests, refused }).toEqual({ requests: whole.requests, refused: whole.refused })
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('hostile bytes', () => {
  it('cost no more memory than the limits allow', () => {
    // The head, or the body, and as much again while a buffer grows.
    const bound = 2 * (smallLimits.requestLineBytes + smallLimits.headerBytes + smallLimits.bodyBytes) + 1024
    const starts = ['', 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n']
    const endless = ['a', ' ', '\r', 'X: y\r\n', '0', '1\r\na\r\n', '0\r\n', 'GET / HTTP/1.0\r\n\r\n', '1;a=b']
    for (const start of starts) {
      for (const piece of endless) {
        const { maxBufferedBytes } = readRequests([start, ...Array.from({ length: 5000 }, () => piece)], smallLimits)
        expect(maxBufferedBytes, JSON.stringify(start + piece)).toBeLessThan(bound)
      }
    }
  })

  it('leave the listener as it was: it answers or closes, and serves the next', async () => {
    await using server = await ListenerUnderTest.open()
    const input = fc.oneof(bytes, damagedRequests)
    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), async (pieces) => {
        await using peer = await server.connect()
        for (const piece of pieces) peer.send(piece)
        peer.socket.end()
        const received = await peer.toEnd()
        expect(received).toMatch(/^$|^HTTP\/1\.1 /)
      }),
      { numRuns: 300 },
    )
    await using peer = await server.connect()
    peer.send('GET /good HTTP/1.1\r\nHost: im\r\n\r\n')
    expect((await peer.answer()).body).toBe('/good')
    expect(server.events.failures).toEqual([])
    expect(
      server.events.refusedRequests.filter(({ status }) => status >= 500 && status !== 501 && status !== 505),
    ).toEqual([])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CallbackReply, CallbackReplyReader } from './callback-reply.ts'

function readInPieces(pieces: readonly string[]): CallbackReply | 'incomplete' | 'malformed' {
  const reader = new CallbackReplyReader()
  for (const piece of pieces) {
    const result = reader.read(piece)
    if (result !== 'incomplete') return result
  }
  return 'incomplete'
}

describe('CallbackReplyReader', () => {
  it('[R28] finds the same status however an answer is cut, with CRLF or LF', () => {
    const headers = fc.constantFrom('Content-Length: 0', 'Server: x', 'Connection: close', 'no colon', ': empty')
    const status = fc.integer({ min: 200, max: 599 })
    const ends = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(status, fc.array(headers), ends, fc.array(fc.nat(80)), (code, lines, end, cuts) => {
        const text = [`HTTP/1.1 ${code} Reason`, ...lines, '', ''].join(end)
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((to, i) => text.slice(at[i], to))
        expect(readInPieces(pieces)).toMatchObject({ status: code })
      }),
    )
  })

  it('never throws, and never holds more than its bound, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('H', 'T', 'P', '/', '1', '.', ' ', '\r', '\n', ':', 'x') })),
        (pieces) => {
          readInPieces(['HTTP/1.', ...pieces])
          readInPieces(pieces)
        },
      ),
    )
    expect(readInPieces(['HTTP/1.1 200 OK\r\n', 'x'.repeat(9_000)])).toBe('malformed')
    expect(readInPieces(Array(1_000).fill('HTTP/1.1 100 Continue\r\nX: y\r\n'))).toBe('malformed')
  })

  it('[R28] lets a connection be kept only by an answer with one length that says so', () => {
    const keepMs = (lines: string) => {
      const reply = readInPieces([`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`])
      return typeof reply === 'object' ? reply.keepMs : reply
    }
    expect(keepMs('Content-Length: 0\r\nConnection: Keep-Alive, TE')).toBe(Number.POSITIVE_INFINITY)
    expect(keepMs('Content-Length: 0\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5, max=9')).toBe(4_000)
    expect(keepMs('Content-Length: 0\r\nConnection: keep-alive\r\nKeep-Alive: timeout=0')).toBe(0)
    expect(keepMs('Content-Length: 0')).toBe(0)
    expect(keepMs('Connection: keep-alive')).toBe(0)
    expect(keepMs('Content-Length: +1\r\nConnection: keep-alive')).toBe(0)
    expect(keepMs('Content-Length: 0\r\nConnection: keep-alive, close')).toBe(0)
  })

  it('reads each of many answers of one connection, equal or not', () => {
    const reader = new CallbackReplyReader()
    for (const status of [200, 200, 404, 200]) {
      reader.restart()
      expect(reader.read(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`)).toMatchObject({ status })
    }
  })
})

import { defaultListenerLimits, type RequestLimits } from '../src/listener-limits.ts'
import { RequestParser } from '../src/request-parser.ts'
import { RequestRefusedError } from '../src/request-refused-error.ts'

/** A request as a parser took it; texts are latin1. */
export interface TakenRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

export interface Reading {
  readonly requests: TakenRequest[]
  /** The status of the refusal that ended it, if one did. */
  readonly refused: number | undefined
  /** The most memory that the parser held. */
  readonly maxBufferedBytes: number
}

/** What our parser makes of latin1 `pieces` that come one after another, as long as the connection lives. */
export function readRequests(pieces: readonly string[], limits: RequestLimits = defaultListenerLimits): Reading {
  const parser = new RequestParser(limits)
  const requests: TakenRequest[] = []
  let maxBufferedBytes = 0
  try {
    for (const piece of pieces) {
      parser.push(Buffer.from(piece, 'latin1'))
      for (let next = parser.next(); next; next = parser.next()) {
        const { method, target, headers, keepAlive } = next.head
        requests.push({
          method,
          target,
          headers: [...headers.entries()],
          body: Buffer.from(next.body).toString('latin1'),
        })
        if (!keepAlive) return { requests, refused: undefined, maxBufferedBytes }
      }
      maxBufferedBytes = Math.max(maxBufferedBytes, parser.bufferedBytes)
    }
  } catch (err) {
    if (!(err instanceof RequestRefusedError)) throw err
    return { requests, refused: err.status, maxBufferedBytes }
  }
  return { requests, refused: undefined, maxBufferedBytes }
}

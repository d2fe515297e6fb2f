import type { Clock } from '@parley/domain'
import { header, MethodNotAllowedError } from '@parley/protocol'
import type { EdgeEvents } from './edge-events.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { errorAnswer } from './rvp-answer.ts'

/** A text that whoever asks gets, without a proof of who it is. */
export interface EdgeDocument {
  readonly contentType: string
  readonly body: string
}

/** Documents by path. */
export type EdgeDocuments = ReadonlyMap<string, EdgeDocument>

/** Answers GET and HEAD with the document. */
export function answerOfDocument(
  { clock, events }: { readonly clock: Clock; readonly events: Pick<EdgeEvents, 'requestFinished'> },
  { contentType, body }: EdgeDocument,
  { method, connection }: HttpRequest,
  reqId: string,
): HttpResponse {
  const startedAt = clock.now()
  const isRead = method === 'GET' || method === 'HEAD'
  const response: HttpResponse = isRead
    ? {
        status: 200,
        headers: [
          [header.contentType, contentType],
          ['Cache-Control', 'max-age=3600'],
          ['X-Content-Type-Options', 'nosniff'],
        ],
        body,
      }
    : errorAnswer(new MethodNotAllowedError('only GET', { headers: [['Allow', 'GET, HEAD']] }), reqId)
  const { status } = response
  events.requestFinished({
    reqId,
    method,
    node: undefined,
    principal: undefined,
    peer: connection.remoteAddress,
    status,
    durationMs: clock.now() - startedAt,
  })
  return response
}

import { header, notificationsVersion, RvpError, xmlContentType } from '@parley/protocol'
import type { HttpResponse } from './http-message.ts'
import type { RvpResponse } from './rvp-exchange.ts'

/** Names the version of RVP that we speak; every answer carries it (client-facts §4). */
export const versionHeader: readonly [string, string] = [header.notificationsVersion, notificationsVersion]

/** What a service answered, as it goes out. */
export function answerOf({ status, headers = [], xml, body }: RvpResponse): HttpResponse {
  if (body !== undefined) return { status, headers: [versionHeader, ...headers], body }
  if (xml === undefined) return { status, headers: [versionHeader, ...headers] }
  return { status, headers: [versionHeader, ...headers, [header.contentType, xmlContentType]], body: xml }
}

/** What is answered to a caller who has not proved who it is. */
export function challengeAnswer(challenges: readonly string[]): HttpResponse {
  const headers = challenges.map((challenge): readonly [string, string] => [header.wwwAuthenticate, challenge])
  return { status: 401, headers: [versionHeader, ...headers] }
}

/** The one place where an error becomes an answer; a stranger learns the public message and the request's id, nothing else. */
export function errorAnswer(thrown: unknown, reqId: string): HttpResponse {
  const [status, headers, message]: [number, HttpResponse['headers'], string] =
    thrown instanceof RvpError
      ? [thrown.status, thrown.headers, thrown.publicMessage]
      : [500, [], 'the server has failed; its log tells why']
  return {
    status,
    headers: [versionHeader, ...headers, [header.requestId, reqId], [header.contentType, 'text/plain; charset=utf-8']],
    body: `${message} (request ${reqId})\n`,
  }
}

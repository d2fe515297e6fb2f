import type { Clock, Identity } from '@parley/domain'
import { ForbiddenError, header, MethodNotAllowedError, RvpError } from '@parley/protocol'
import type { Addressing } from './addressing.ts'
import type { EdgeEvents } from './edge-events.ts'
import { NoAccountError, type SignInOptions, signIn, withReply } from './edge-sign-in.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { challengeAnswer } from './rvp-answer.ts'

/** Who asks an app. */
export interface AppCaller {
  readonly identity: Identity
  readonly requestId: string
}

/** What is not RVP: a library's app below paths of its own (design.md, "Why a listener of our own"), which only reads. */
export interface EdgeApp {
  /** Whether the app answers for a path, which it does whatever the method. */
  owns(path: string): boolean
  /** Rejects with an RvpError when it cannot do what it is asked. */
  handle(request: HttpRequest, caller: AppCaller): Promise<HttpResponse>
}

interface AppOptions extends SignInOptions {
  readonly addressing: Addressing
  readonly clock: Clock
  readonly events: EdgeEvents
}

/** Answers a request for an app, in the name of a user with an enabled account. What was asked is reported to nobody: it names people. */
export async function answerOfApp(
  options: AppOptions,
  app: EdgeApp,
  request: HttpRequest,
  reqId: string,
): Promise<HttpResponse> {
  const { addressing, clock, events } = options
  const { method, headers, connection } = request
  const startedAt = clock.now()
  let identity: Identity | undefined
  let err: unknown
  let response: HttpResponse
  try {
    if (method !== 'GET') throw new MethodNotAllowedError('only GET', { headers: [['Allow', 'GET']] })
    refuseOtherSites(headers.get('sec-fetch-site'))
    const host = headers.get('host')
    const place = { callerDomain: addressing.callerDomain(host), resolve: addressing.resolver(host) }
    const caller = await signIn(options, request, place, reqId)
    if (caller.kind === 'signed-in') {
      identity = caller.identity
      response = withReply(await app.handle(request, { identity, requestId: reqId }), caller.reply)
    } else {
      response = challengeAnswer(caller.challenges)
    }
  } catch (thrown) {
    err = thrown
    response = problemAnswer(thrown, reqId)
    if (thrown instanceof NoAccountError) response = { ...response, close: true }
  }
  const { status } = response
  events.requestFinished({
    reqId,
    method,
    node: undefined,
    principal: identity?.principal,
    peer: connection.remoteAddress,
    status,
    durationMs: clock.now() - startedAt,
    ...(err === undefined ? {} : { err }),
  })
  return { ...response, headers: [...response.headers, ...closedHeaders] }
}

/** Answers are for the caller alone, and for pages of the same origin. */
const closedHeaders: HttpResponse['headers'] = [
  ['Cache-Control', 'no-store'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['X-Content-Type-Options', 'nosniff'],
]

/** NOTE: a browser may sign its user in by itself (NTLM, Negotiate); a page of another site must not use that, not even blindly. */
function refuseOtherSites(site: string | undefined): void {
  if (site === undefined || site === 'same-origin' || site === 'none') return
  throw new ForbiddenError('pages of other sites may not ask this')
}

/** An error as programs read it (RFC 9457); a stranger learns the public message and the request's id, nothing else. */
function problemAnswer(thrown: unknown, reqId: string): HttpResponse {
  const known = thrown instanceof RvpError ? thrown : undefined
  const status = known?.status ?? 500
  const detail = known?.publicMessage ?? 'the server has failed; its log tells why'
  return {
    status,
    headers: [
      ...(known?.headers ?? []),
      [header.requestId, reqId],
      [header.contentType, 'application/problem+json; charset=utf-8'],
    ],
    body: `${JSON.stringify({ title: known?.reason ?? 'Internal Server Error', status, detail, requestId: reqId })}\n`,
  }
}

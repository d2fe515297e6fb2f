import type { Clock, Identity, Ids } from '@parley/domain'
import {
  domainOf,
  isAuthority,
  isRvpMethod,
  type LogicalUrl,
  MethodNotAllowedError,
  NotImplementedError,
  pathOf,
} from '@parley/protocol'
import type { Address, Addressing } from './addressing.ts'
import { bodyText } from './body-text.ts'
import { answerOfApp, type EdgeApp } from './edge-app.ts'
import { answerOfDocument, type EdgeDocuments } from './edge-documents.ts'
import type { EdgeEvents } from './edge-events.ts'
import { demandOwn, NoAccountError, type SignInOptions, signIn, withReply } from './edge-sign-in.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from './http-message.ts'
import { answerOf, challengeAnswer, errorAnswer } from './rvp-answer.ts'
import type { RvpRequest, RvpService } from './rvp-exchange.ts'
import { streamsPrefix } from './stream-hub.ts'
import { pathOfTarget } from './target-path.ts'

/** Where streams are opened and acknowledged (docs/protocol/streams.md); undefined for any other request. */
export interface StreamEndpoint {
  handle(request: HttpRequest): HttpResponse | Promise<HttpResponse> | undefined
}

export interface EdgeOptions extends SignInOptions {
  readonly addressing: Addressing
  readonly service: RvpService
  readonly streams: StreamEndpoint
  /** What is not RVP, for users who are signed in; none when absent. */
  readonly app?: EdgeApp
  /** Documents for everybody, by path; none when absent. */
  readonly documents?: EdgeDocuments
  readonly clock: Clock
  readonly ids: Ids
  readonly events: EdgeEvents
}

/**
 * The edge: where a client's connection ends. It finds out who calls and which node is meant, hands the request to the
 * service behind it, and turns errors into answers.
 */
export function createEdge(options: EdgeOptions): HttpHandler {
  const instance = options.ids.token().slice(0, 8)
  let count = 0
  return (request) => {
    // A proxy may have made the target a whole URL; the streams look where the prefix stands.
    if (request.target.includes(streamsPrefix)) {
      const answer = options.streams.handle(request)
      if (answer) return answer
    }
    count += 1
    const reqId = `${instance}-${count.toString(36)}`
    // What is no request of RVP can be for no node, so that no path of these takes a node's place.
    if (!isRvpMethod(request.method)) {
      const path = pathOfTarget(request.target)
      const document = options.documents?.get(path)
      if (document) return answerOfDocument(options, document, request, reqId)
      if (options.app?.owns(path)) return answerOfApp(options, options.app, request, reqId)
    }
    return answerTo(options, request, reqId)
  }
}

async function answerTo(options: EdgeOptions, request: HttpRequest, reqId: string): Promise<HttpResponse> {
  const startedAt = options.clock.now()
  let address: Address | undefined
  let identity: Identity | undefined
  let err: unknown
  let response: HttpResponse
  try {
    refuseForeignMethod(request.method)
    address = locate(options, request)
    const caller = await signIn(options, request, address, reqId)
    if (caller.kind === 'signed-in') {
      identity = caller.identity
      const claimed = request.headers.get('rvp-from-principal')
      const principal = claimed === undefined ? undefined : address.resolve(claimed)
      if (claimed !== undefined && principal !== identity.principal) await demandOwn(principal, identity, options)
      const answer = await options.service.handle(rvpRequest(request, address, identity, reqId))
      response = withReply(answerOf(answer), caller.reply)
    } else {
      response = challengeAnswer(caller.challenges)
    }
  } catch (thrown) {
    err = thrown
    response = errorAnswer(thrown, reqId)
    if (thrown instanceof NoAccountError) response = { ...response, close: true }
  }
  options.events.requestFinished({
    reqId,
    method: request.method,
    node: address?.node,
    principal: identity?.principal,
    peer: request.connection.remoteAddress,
    status: response.status,
    durationMs: options.clock.now() - startedAt,
    ...(err === undefined ? {} : { err }),
  })
  return response
}

/** RVP §5.8, before anybody is asked who he is. */
function refuseForeignMethod(method: string): void {
  if (isRvpMethod(method)) return
  if (method === 'COPY' || method === 'MOVE') throw new MethodNotAllowedError(`${method} is not allowed`)
  throw new NotImplementedError('the method is not part of RVP')
}

function locate({ addressing }: EdgeOptions, request: HttpRequest): Address {
  return addressing.locate({
    target: request.target,
    host: request.headers.get('host'),
    fromPrincipal: request.headers.get('rvp-from-principal'),
    localPort: request.connection.localPort,
  })
}

function rvpRequest(request: HttpRequest, address: Address, identity: Identity, requestId: string): RvpRequest {
  const claimed = request.headers.get('rvp-from-principal')
  return new EdgeRequest(request, address, {
    identity,
    callerHref: claimed?.trim() ?? callerHref(address, identity),
    requestId,
  })
}

/** A request as it came over a client's connection. */
class EdgeRequest implements RvpRequest {
  readonly node: LogicalUrl
  readonly href: string
  readonly authority: string
  readonly isPhysical: boolean
  readonly identity: Identity
  readonly callerHref: string
  readonly requestId: string
  readonly resolve: Address['resolve']
  readonly #http: HttpRequest
  #body: string | undefined

  constructor(
    http: HttpRequest,
    { node, href, authority, isPhysical, resolve }: Address,
    proved: { identity: Identity; callerHref: string; requestId: string },
  ) {
    this.#http = http
    this.node = node
    this.href = href
    this.authority = authority
    this.isPhysical = isPhysical
    this.resolve = resolve
    this.identity = proved.identity
    this.callerHref = proved.callerHref
    this.requestId = proved.requestId
  }

  get method(): string {
    return this.#http.method
  }

  get bytes(): Uint8Array {
    return this.#http.body
  }

  get body(): string {
    this.#body ??= bodyText(this.#http.body)
    return this.#body
  }

  get clientAddress(): string {
    return this.#http.connection.remoteAddress
  }

  get requestHost(): string | undefined {
    const host = this.#http.headers.get('host')
    // NOTE: what says nothing need not be signed: as long as a client likes, it would be more than a home reads.
    return host !== undefined && isAuthority(host) ? host : undefined
  }

  header(name: string): string | undefined {
    return this.#http.headers.get(name.toLowerCase())
  }
}

function callerHref({ node, authority }: Address, { principal }: Identity): string {
  return domainOf(principal) === domainOf(node) ? `http://${authority}${pathOf(principal)}` : principal
}

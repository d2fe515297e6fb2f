import type { Identity } from '@parley/domain'
import { header, type LogicalUrl, parseSpelledUrl } from '@parley/protocol'
import { bodyText } from './body-text.ts'
import { forwardedHeaders } from './cluster-wire.ts'
import type { HttpRequest } from './http-message.ts'
import type { RvpRequest } from './rvp-exchange.ts'

const read: ReadonlySet<string> = new Set(
  [...forwardedHeaders, header.hopCount].filter((name) => name !== header.stream).map((name) => name.toLowerCase()),
)

/** A request of another IM domain's server, for a principal of that domain. */
export class FederatedCallerRequest implements RvpRequest {
  readonly method: string
  readonly node: LogicalUrl
  readonly href: string
  readonly authority: string
  readonly identity: Identity
  readonly callerHref: string
  readonly requestId: string
  readonly resolve: RvpRequest['resolve']
  readonly requestHost = undefined
  readonly #http: HttpRequest
  #body: string | undefined

  constructor(
    http: HttpRequest,
    given: Pick<RvpRequest, 'node' | 'href' | 'callerHref' | 'requestId' | 'resolve'> & {
      readonly principal: LogicalUrl
    },
  ) {
    this.#http = http
    this.method = http.method
    this.node = given.node
    this.href = given.href
    this.authority = parseSpelledUrl(given.href).authority
    this.identity = { principal: given.principal, scheme: 'federated' }
    this.callerHref = given.callerHref
    this.requestId = given.requestId
    this.resolve = given.resolve
  }

  get bytes(): Uint8Array {
    return this.#http.body
  }

  get body(): string {
    this.#body ??= bodyText(this.#http.body)
    return this.#body
  }

  /** The other server's, for the log: nobody is called back there. */
  get clientAddress(): string {
    return this.#http.connection.remoteAddress
  }

  header(name: string): string | undefined {
    const lowerCase = name.toLowerCase()
    return read.has(lowerCase) ? this.#http.headers.get(lowerCase) : undefined
  }
}

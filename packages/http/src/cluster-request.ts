import type { Identity, MemberInbox } from '@parley/domain'
import { domainOf, header, type LogicalUrl } from '@parley/protocol'
import type { Addressing } from './addressing.ts'
import { bodyText } from './body-text.ts'
import type { HttpRequest } from './http-message.ts'
import type { RvpRequest } from './rvp-exchange.ts'
import type { SignedCaller, SignedRequest } from './signed-identity.ts'

const hopCount = header.hopCount.toLowerCase()

/** A client's request as another node of the cluster handed it on: what that node vouches for, its headers and its body. */
export class ClusterRequest implements RvpRequest {
  readonly node: LogicalUrl
  readonly method: string
  readonly requestId: string
  readonly #http: HttpRequest
  readonly #caller: SignedCaller
  readonly #addressing: Addressing
  #resolver: RvpRequest['resolve'] | undefined
  #body: string | undefined

  constructor(http: HttpRequest, signed: SignedRequest, caller: SignedCaller, addressing: Addressing) {
    this.node = signed.target as LogicalUrl
    this.method = signed.method
    this.requestId = signed.requestId
    this.#http = http
    this.#caller = caller
    this.#addressing = addressing
  }

  readonly resolve: RvpRequest['resolve'] = (url) => {
    const { identity, requestHost } = this.#caller
    const callerDomain = identity.scheme === 'federated' ? domainOf(identity.principal) : undefined
    this.#resolver ??= this.#addressing.resolver(requestHost, callerDomain)
    return this.#resolver(url)
  }

  get href(): string {
    return this.#caller.href
  }

  get authority(): string {
    return this.#caller.authority
  }

  get identity(): Identity {
    return this.#caller.identity
  }

  get callerHref(): string {
    return this.#caller.callerHref
  }

  get clientAddress(): string {
    return this.#caller.clientAddress
  }

  get requestHost(): string | undefined {
    return this.#caller.requestHost
  }

  get member(): MemberInbox | undefined {
    return this.#caller.member
  }

  get bytes(): Uint8Array {
    return this.#http.body
  }

  get body(): string {
    this.#body ??= bodyText(this.#http.body)
    return this.#body
  }

  header(name: string): string | undefined {
    const lowerCase = name.toLowerCase()
    return lowerCase === hopCount ? this.#caller.hops : this.#http.headers.get(lowerCase)
  }
}

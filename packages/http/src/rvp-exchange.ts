import type { Identity, MemberInbox } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

/** An authenticated RVP request, as a home sees it. */
export interface RvpRequest {
  readonly method: string
  /** Canonical name of the node that the request is for. */
  readonly node: LogicalUrl
  /** The node's logical URL exactly as this client spells it, also when it asked with a physical path (client-facts §5, 17). */
  readonly href: string
  /** Host[:port] by which this client knows the node's IM domain. */
  readonly authority: string
  /** Whether it was asked for with a physical path (RVP §4.1.2), e.g. after a redirect. */
  readonly isPhysical?: boolean
  readonly identity: Identity
  /** The caller's own logical URL as it spells it. */
  readonly callerHref: string
  /** The value of a header, by any spelling of its name. */
  header(name: string): string | undefined
  /** The body as text, decoded as UTF-8 when it is first asked for. */
  readonly body: string
  /** The body as it came, for who hands the request on. */
  readonly bytes: Uint8Array
  /** The client's address, against which a Call-Back is judged. */
  readonly clientAddress: string
  /** Canonical name of the node that `url` names, if it is in one of our IM domains, by any name this client may use for it. */
  resolve(url: string): LogicalUrl | undefined
  readonly requestId: string
  /** Host of the request as the client gave it: what `resolve` depends on, beside our domains. */
  readonly requestHost: string | undefined
  /** Present in a NOTIFY that another home hands on to a member of a group. */
  readonly member?: MemberInbox | undefined
}

/** The answer of a home. */
export interface RvpResponse {
  readonly status: number
  readonly headers?: readonly (readonly [string, string])[]
  /** XML; the edge adds `Content-Type: text/xml`. */
  readonly xml?: string
  /** The body as another node answered it, whose Content-Type is among `headers`; instead of `xml`. */
  readonly body?: Uint8Array
}

/** What the edge hands requests to: a home, or a router in front of homes. Rejects with RvpError. */
export interface RvpService {
  handle(request: RvpRequest): Promise<RvpResponse>
}

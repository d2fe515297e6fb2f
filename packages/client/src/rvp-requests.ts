import {
  type AccessList,
  type AckType,
  header,
  type LogicalUrl,
  type Multistatus,
  type NotificationType,
  notificationsVersion,
  type PropfindQuery,
  parseAccessList,
  parseLogicalUrl,
  parseMultistatus,
  parseSubscriptions,
  type StateUpdate,
  type SubscriptionListing,
  writeAccessList,
  writePropertySet,
  writePropfind,
  writeStateUpdate,
  xmlContentType,
} from '@parley/protocol'
import { RequestRefusedError, TransportError } from './client-error.ts'
import type { RvpTransport, RvpTransportHead, RvpTransportResponse } from './transport.ts'

type Headers = readonly (readonly [string, string])[]

/** A subscription as the server granted it. */
export interface GrantedSubscription {
  readonly id: string
  readonly lifetimeSeconds: number
  /** The properties as they are now; only of a new propchange subscription (RVP §5.1.7.2). */
  readonly properties: Multistatus | undefined
  readonly head: RvpTransportHead
}

/** A state as the server granted it. */
export interface GrantedState {
  readonly leaseSeconds: number | undefined
  readonly viewId: number | undefined
}

/**
 * The methods of RVP (RVP §5) as one principal uses them. Every call rejects with TransportError when there is no answer, and
 * with RequestRefusedError for an answer that is none of the good ones; it says in which words the server may agree.
 */
export class RvpRequests {
  readonly self: LogicalUrl
  readonly #transport: RvpTransport

  constructor(transport: RvpTransport, self: LogicalUrl) {
    this.#transport = transport
    this.self = self
  }

  /** Headers of every request: the version that real clients say, and who asks (client-facts §4; RVP §7.2). */
  get commonHeaders(): Headers {
    return [
      [header.notificationsVersion, notificationsVersion],
      [header.fromPrincipal, this.self],
    ]
  }

  /** SUBSCRIBE: new (RVP §5.1). `inbox` says where its notifications go: a Call-Back, or a stream. */
  async subscribe(
    node: LogicalUrl,
    type: NotificationType,
    lifetimeSeconds: number,
    inbox: Headers,
  ): Promise<GrantedSubscription> {
    const headers: Headers = [
      [header.notificationType, type],
      [header.subscriptionLifetime, String(lifetimeSeconds)],
      ...inbox,
    ]
    return granted(await this.#send('SUBSCRIBE', node, headers), lifetimeSeconds)
  }

  /** SUBSCRIBE: a renewal has neither Call-Back nor Notification-Type (client-facts §5, 22). */
  async renew(node: LogicalUrl, id: string, lifetimeSeconds: number): Promise<GrantedSubscription> {
    const headers: Headers = [
      [header.subscriptionId, id],
      [header.subscriptionLifetime, String(lifetimeSeconds)],
    ]
    return granted(await this.#send('SUBSCRIBE', node, headers), lifetimeSeconds)
  }

  /** UNSUBSCRIBE (RVP §5.2). */
  async unsubscribe(node: LogicalUrl, id: string): Promise<void> {
    await this.#send('UNSUBSCRIBE', node, [[header.subscriptionId, id]])
  }

  /** SUBSCRIPTIONS: who is subscribed to a node (RVP §5.3). */
  async subscriptions(node: LogicalUrl, type: NotificationType): Promise<readonly SubscriptionListing[]> {
    const { body } = await this.#send('SUBSCRIPTIONS', node, [[header.notificationType, type]])
    return body === '' ? [] : parsed('SUBSCRIPTIONS', () => parseSubscriptions(body))
  }

  /** PROPPATCH of one's state on a view (RVP §5.5). */
  async setState(update: StateUpdate): Promise<GrantedState> {
    const { body } = await this.#send('PROPPATCH', this.self, [], writeStateUpdate(update))
    if (body === '') return { leaseSeconds: update.leaseSeconds, viewId: undefined }
    const answer = parsed('PROPPATCH', () => parseMultistatus(body))
    for (const { status, properties } of answer.propstats) {
      if (status !== 200) throw new RequestRefusedError('PROPPATCH', status, undefined)
      const state = properties.find((property) => property.state)?.state
      if (state) return { leaseSeconds: state.leaseSeconds, viewId: state.viewId }
    }
    return { leaseSeconds: update.leaseSeconds, viewId: undefined }
  }

  /** PROPPATCH of a property of one's own; `xml` is its inner XML. */
  async setProperty(name: string, xml: string): Promise<void> {
    const { body } = await this.#send('PROPPATCH', this.self, [], writePropertySet(name, xml))
    const failed = parsed('PROPPATCH', () => parseMultistatus(body)).propstats.find(({ status }) => status >= 300)
    if (failed) throw new RequestRefusedError('PROPPATCH', failed.status, undefined)
  }

  /** PROPFIND; needs `Depth: 0` (RVP §5.4). */
  async propfind(node: LogicalUrl, query: PropfindQuery): Promise<Multistatus> {
    const { body } = await this.#send('PROPFIND', node, [[header.depth, '0']], writePropfind(query))
    return parsed('PROPFIND', () => parseMultistatus(body))
  }

  /** ACL without a body reads (client-facts §5, 42). */
  async readAcl(node: LogicalUrl): Promise<AccessList> {
    const { body } = await this.#send('ACL', node, [])
    return body === '' ? [] : parsed('ACL', () => parseAccessList(body, parseLogicalUrl))
  }

  /** ACL with a body replaces the entries of the principals that it names, and no others (client-facts §5, 42). */
  async writeAcl(node: LogicalUrl, entries: AccessList): Promise<void> {
    await this.#send('ACL', node, [], writeAccessList(entries, String))
  }

  /** NOTIFY, as its first sender (RVP §5.6, RVP-Hop-Count). */
  async notify(node: LogicalUrl, body: string, ackType: AckType): Promise<void> {
    const headers: Headers = [
      [header.ackType, ackType],
      [header.hopCount, '1'],
    ]
    await this.#send('NOTIFY', node, headers, body)
  }

  async #send(method: string, node: LogicalUrl, headers: Headers, body?: string): Promise<RvpTransportResponse> {
    const response = await this.#transport.send({
      method,
      url: node,
      headers: [
        ...this.commonHeaders,
        ...headers,
        ...(body === undefined ? [] : [[header.contentType, xmlContentType] as const]),
      ],
      ...(body !== undefined && { body }),
    })
    if (response.status >= 300) {
      throw new RequestRefusedError(method, response.status, response.header(header.requestId))
    }
    return response
  }
}

function granted(response: RvpTransportResponse, askedSeconds: number): GrantedSubscription {
  const id = response.header(header.subscriptionId)
  if (!id) throw new TransportError('protocol', 'the answer to SUBSCRIBE has no Subscription-Id')
  const lifetimeSeconds = Number.parseInt(response.header(header.subscriptionLifetime) ?? '', 10)
  return {
    id,
    lifetimeSeconds: lifetimeSeconds > 0 ? lifetimeSeconds : askedSeconds,
    properties: response.body === '' ? undefined : parsed('SUBSCRIBE', () => parseMultistatus(response.body)),
    head: response,
  }
}

function parsed<T>(method: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new TransportError('protocol', `the answer to ${method} cannot be read`, { cause: error })
  }
}

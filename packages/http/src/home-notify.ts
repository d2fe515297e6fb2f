import type { ForwardedNotification } from '@parley/domain'
import { domainOf, header, xmlContentType } from '@parley/protocol'
import type { Addressing } from './addressing.ts'
import type { RvpRequest } from './rvp-exchange.ts'

/** The NOTIFY by which a home hands a notification on to a node that lives elsewhere, in its sender's name. */
export function homeNotify(
  { node, sender, ack, hops, body, member }: ForwardedNotification,
  { addressing, requestId }: { addressing: Addressing; requestId: string },
): RvpRequest {
  const { principal, scheme } = sender
  const headers = new Map<string, string>([
    [header.ackType.toLowerCase(), ack],
    [header.hopCount.toLowerCase(), String(hops)],
    [header.contentType.toLowerCase(), xmlContentType],
  ])
  return {
    method: 'NOTIFY',
    node,
    href: node,
    authority: domainOf(node),
    identity: sender,
    callerHref: principal,
    header: (name) => headers.get(name.toLowerCase()),
    body,
    bytes: Buffer.from(body),
    // No client is at the other end, and no Call-Back in the request.
    clientAddress: '',
    requestHost: undefined,
    resolve: addressing.resolver(undefined, scheme === 'federated' ? domainOf(principal) : undefined),
    requestId,
    member,
  }
}

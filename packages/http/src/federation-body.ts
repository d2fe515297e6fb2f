import {
  BadRequestError,
  type Contact,
  domainOf,
  ForbiddenError,
  parseAccessList,
  parseLogicalUrl,
  parseNotification,
  parseSpelledUrl,
  writeAccessList,
  writeApplicationNotification,
  writeMessage,
  writePropNotificationOf,
} from '@parley/protocol'
import type { RvpRequest } from './rvp-exchange.ts'

/**
 * The body of a request as another IM domain gets it: everybody in it is named by a logical URL, since clients may know us by the address
 * of a machine, which is nobody else's business. Throws BadRequestError, and ForbiddenError for a sender that is not the caller.
 */
export function federatedBody(request: RvpRequest): Uint8Array {
  switch (request.method) {
    case 'NOTIFY':
      return Buffer.from(notification(request))
    case 'ACL':
      return request.body.trim() === '' ? request.bytes : Buffer.from(accessList(request))
    default:
      return request.bytes
  }
}

function notification(request: RvpRequest): string {
  const [item, ...more] = parseNotification(request.body)
  if (!item) throw new BadRequestError('the notification is empty')
  if (more.length > 0) throw new BadRequestError('another IM domain gets one notification at a time')
  if (item.kind === 'application') return writeApplicationNotification(item.xml)
  const { principal, displayName } = request.identity
  // We vouch for our users to the other domain (design.md, "Identity").
  if (item.from && request.resolve(item.from.href) !== principal) {
    throw new ForbiddenError('notification-from is not the authenticated sender')
  }
  const from = item.from ? logicalHref(request, item.from.href) : principal
  const to = item.to.map(({ href, description }): Contact => ({ href: logicalHref(request, href), description }))
  if (item.kind === 'message') {
    const description = displayName || item.from?.description || ''
    return writeMessage({ from: { href: from, description }, to, mime: item.mime })
  }
  if (item.properties.length === 0) throw new BadRequestError('propnotification sets no property')
  return writePropNotificationOf({ fromHref: from, toHref: to[0]?.href ?? request.node, properties: item.properties })
}

function accessList(request: RvpRequest): string {
  const entries = parseAccessList(request.body, (url) => request.resolve(url) ?? parseLogicalUrl(url))
  return writeAccessList(entries, (node) => node)
}

/** As it is spelled where that names no host but the IM domain, since clients compare byte for byte; else canonical. */
function logicalHref(request: RvpRequest, href: string): string {
  const node = request.resolve(href) ?? parseLogicalUrl(href)
  const { authority } = parseSpelledUrl(href)
  return authority.toLowerCase() === domainOf(node) ? href.trim() : node
}

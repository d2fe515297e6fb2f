import {
  BadRequestError,
  domainOf,
  type LogicalUrl,
  parseContacts,
  parseSpelledUrl,
  pathOf,
  principalKey,
  writeContacts,
} from '@parley/protocol'
import type { StoredNodeHead, StoredSubscription } from './node-store.ts'

/** The URL that a node has now that had this one; the same URL for all others. */
export type Renaming = (url: LogicalUrl) => LogicalUrl

/** Canonical name of the node that a URL names, as a client may spell it; undefined for any other URL. May throw BadRequestError. */
export type ResolveUrl = (url: string) => LogicalUrl | undefined

/**
 * A subscription with the new URLs in it; the same object when there are none. How its device spells the node and itself stays as it is: it
 * knows no other names for as long as the subscription lives (client-facts §5, 17).
 */
export function renamedSubscription(subscription: StoredSubscription, now: Renaming): StoredSubscription {
  const { target } = subscription
  const subscriber = now(subscription.subscriber)
  const receiver = target.kind === 'node' ? now(target.node) : undefined
  if (subscriber === subscription.subscriber && (target.kind !== 'node' || receiver === target.node)) {
    return subscription
  }
  return { ...subscription, subscriber, ...(receiver !== undefined && { target: { kind: 'node', node: receiver } }) }
}

/** A head with the new URLs of owner and principals; the same object when there are none. */
export function renamedHead(head: StoredNodeHead, now: Renaming): StoredNodeHead {
  const { owner, acl } = head
  const isNamed = acl?.some(({ principal }) => principal.kind === 'node' && now(principal.node) !== principal.node)
  const newOwner = owner && now(owner)
  if (!isNamed && newOwner === owner) return head
  return { ...head, ...(newOwner && { owner: newOwner }), ...(acl && { acl: renamedEntries(acl, now) }) }
}

/** NOTE: what was said of the renamed one goes before what was said of its new URL while that was nobody's. */
function renamedEntries(acl: NonNullable<StoredNodeHead['acl']>, now: Renaming): StoredNodeHead['acl'] & object {
  const entries = acl.map((entry) => {
    const { principal } = entry
    return principal.kind === 'node' ? { ...entry, principal: { ...principal, node: now(principal.node) } } : entry
  })
  const moved = new Set(entries.flatMap((entry, at) => (keyOf(entry) === keyOf(acl[at]) ? [] : [keyOf(entry)])))
  return entries.filter((entry, at) => !moved.has(keyOf(entry)) || keyOf(entry) !== keyOf(acl[at]))
}

function keyOf(entry: NonNullable<StoredNodeHead['acl']>[number] | undefined): string {
  return entry ? principalKey(entry.principal) : ''
}

/**
 * The inner XML of a contact list with the new URLs in it; the same text when there are none, or it cannot be read. A contact keeps the host
 * by which its owner's client knows the IM domain, unless that has changed, too.
 */
export function renamedContacts(xml: string, now: Renaming, resolve: ResolveUrl): string {
  try {
    const list = parseContacts(xml)
    const contacts = list.contacts.map((contact) => ({ ...contact, href: renamedHref(contact.href, now, resolve) }))
    const hrefs = list.contacts.map(({ href }) => href)
    if (contacts.every(({ href }, at) => href === hrefs[at])) return xml
    const unique = [...new Map(contacts.map((contact) => [contact.href, contact])).values()]
    return writeContacts({ ...list, contacts: unique })
  } catch (err) {
    if (err instanceof BadRequestError) return xml
    throw err
  }
}

/** A URL as somebody spells it, of the node's new name. */
export function renamedHref(href: string, now: Renaming, resolve: ResolveUrl): string {
  const node = resolvedOrNot(href, resolve)
  const to = node && now(node)
  if (!node || !to || to === node) return href
  return domainOf(to) === domainOf(node) ? `http://${parseSpelledUrl(href).authority}${pathOf(to)}` : to
}

function resolvedOrNot(href: string, resolve: ResolveUrl): LogicalUrl | undefined {
  try {
    return resolve(href)
  } catch (err) {
    if (err instanceof BadRequestError) return undefined
    throw err
  }
}

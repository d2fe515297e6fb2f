import { aclNamespace, davNamespace, rootNamespaces, rvpNamespace } from './namespaces.ts'
import { BadRequestError } from './rvp-error.ts'
import { parseTimeout } from './state-xml.ts'
import { findChild, findChildren, trimmedText, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { escapeText } from './xml-writer.ts'

/** One line of the answer to SUBSCRIPTIONS (RVP §5.3). */
export interface SubscriptionListing {
  /** 1 to 2^31-1 (client-facts §5, 20). */
  readonly id: number
  /** The subscriber's URL, as the asking client spells it. */
  readonly href: string
  readonly secondsLeft: number
}

/** Writes the answer to SUBSCRIPTIONS in RVP §5.3.1's order; seconds are whole (client-facts §5, 23). */
export function writeSubscriptions(subscriptions: readonly SubscriptionListing[]): string {
  return `<r:subscriptions${rootNamespaces}>${subscriptions.map(subscriptionXml).join('')}</r:subscriptions>`
}

function subscriptionXml({ id, href, secondsLeft }: SubscriptionListing): string {
  const url = escapeText(href)
  return (
    `<r:subscription><r:subscription-id>${id}</r:subscription-id><d:href>${url}</d:href>` +
    `<a:principal><a:rvp-principal>${url}</a:rvp-principal></a:principal>` +
    `<d:timeout>${Math.max(0, Math.floor(secondsLeft))}</d:timeout></r:subscription>`
  )
}

/** Reads the answer to SUBSCRIPTIONS. Throws BadRequestError. */
export function parseSubscriptions(body: string): readonly SubscriptionListing[] {
  const root = parseXml(body)
  if (root.ns !== rvpNamespace || root.name !== 'subscriptions') {
    throw new BadRequestError('body is not a subscriptions element')
  }
  return findChildren(root, rvpNamespace, 'subscription').map(readSubscription)
}

function readSubscription(subscription: XmlElement): SubscriptionListing {
  const id = findChild(subscription, rvpNamespace, 'subscription-id')
  const principal = findChild(subscription, aclNamespace, 'principal')
  const href =
    findChild(subscription, davNamespace, 'href') ?? (principal && findChild(principal, aclNamespace, 'rvp-principal'))
  const idText = id ? trimmedText(id) : ''
  if (!/^[0-9]{1,10}$/.test(idText) || !href) throw new BadRequestError('subscription has no id or no subscriber')
  return { id: Number(idText), href: trimmedText(href), secondsLeft: parseTimeout(subscription) ?? 0 }
}

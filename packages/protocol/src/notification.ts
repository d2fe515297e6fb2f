import { davNamespace, rvpNamespace } from './namespaces.ts'
import type { PresenceState } from './presence-state.ts'
import type { PropertyName } from './property-name.ts'
import { propertyNames } from './property-name.ts'
import { isPropertyUpdate, propertyChangesIn } from './property-update.ts'
import { BadRequestError } from './rvp-error.ts'
import { childElements, findChild, findChildren, trimmedText, verbatimText, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { elementXml } from './xml-writer.ts'

/** A sender or a recipient (RVP §9.1.24): its URL as spelled, and a name for people, empty when none is given. */
export interface Contact {
  readonly href: string
  readonly description: string
}

/** An instant message (RVP §9.1.20). */
export interface MessageItem {
  readonly kind: 'message'
  readonly from: Contact | undefined
  readonly to: readonly Contact[]
  /** The MIME payload, byte for byte. */
  readonly mime: string
}

/** News of a node's properties (RVP §9.1.19). */
export interface PropNotificationItem {
  readonly kind: 'propnotification'
  readonly from: Contact | undefined
  readonly to: readonly Contact[]
  readonly properties: readonly NotifiedProperty[]
}

/** `xml` is canonical inner XML; `state` says what an `r:state` means. */
export interface NotifiedProperty {
  readonly name: PropertyName
  readonly xml: string
  readonly state?: PresenceState
}

/** Any other element, such as RVP §5.6.1's package tracking, in canonical form. */
export interface ApplicationItem {
  readonly kind: 'application'
  readonly xml: string
}

export type NotificationItem = MessageItem | PropNotificationItem | ApplicationItem

const maxItems = 64
const maxRecipients = 100

/** Reads the body of a NOTIFY: at least one item (RVP §5.6). Throws BadRequestError. */
export function parseNotification(body: string): readonly NotificationItem[] {
  const root = parseXml(body)
  const known = root.ns === rvpNamespace || root.ns === davNamespace
  if (!known || root.name !== 'notification') throw new BadRequestError('body is not a notification element')
  const children = childElements(root)
  if (children.length === 0) throw new BadRequestError('notification is empty')
  if (children.length > maxItems) throw new BadRequestError('too many notifications in one body')
  return children.map(readItem)
}

function readItem(element: XmlElement): NotificationItem {
  if (element.ns === rvpNamespace && element.name === 'message') return readMessage(element)
  if (element.ns === rvpNamespace && element.name === 'propnotification') return readPropNotification(element)
  // NOTE: some clients look at local names only: an application's element must not pass for a message of anybody's.
  if (element.name === 'message' || element.name === 'propnotification') {
    throw new BadRequestError('message or propnotification in a namespace that is not RVP’s')
  }
  return { kind: 'application', xml: elementXml(element) }
}

function readMessage(message: XmlElement): MessageItem {
  const body = findChild(message, rvpNamespace, 'msgbody')
  const mime = body && findChild(body, rvpNamespace, 'mime-data')
  if (!mime) throw new BadRequestError('message has no mime-data')
  return { kind: 'message', ...readParties(message), mime: verbatimText(mime) }
}

function readPropNotification(element: XmlElement): PropNotificationItem {
  const update = childElements(element).find(isPropertyUpdate)
  if (!update) throw new BadRequestError('propnotification has no propertyupdate')
  return { kind: 'propnotification', ...readParties(element), properties: notifiedProperties(update) }
}

function notifiedProperties(update: XmlElement): readonly NotifiedProperty[] {
  const properties: NotifiedProperty[] = []
  for (const change of propertyChangesIn(update)) {
    if (change.kind === 'set') properties.push({ name: change.name, xml: change.xml })
    else if (change.kind === 'set-state') {
      properties.push({ name: propertyNames.state, xml: `<r:${change.state}/>`, state: change.state })
    }
  }
  return properties
}

function readParties(element: XmlElement): { from: Contact | undefined; to: readonly Contact[] } {
  const contacts = (name: string): Contact[] =>
    findChildren(element, rvpNamespace, name)
      .flatMap((party) => findChildren(party, rvpNamespace, 'contact'))
      .map(readContact)
  const from = contacts('notification-from')
  const to = contacts('notification-to')
  if (from.length > 1) throw new BadRequestError('notification has several senders')
  if (to.length > maxRecipients) throw new BadRequestError('too many recipients')
  return { from: from[0], to }
}

function readContact(contact: XmlElement): Contact {
  const href = findChild(contact, davNamespace, 'href') ?? findChild(contact, rvpNamespace, 'href')
  const description = findChild(contact, rvpNamespace, 'description')
  if (!href) throw new BadRequestError('contact has no href')
  return { href: trimmedText(href), description: description ? trimmedText(description) : '' }
}

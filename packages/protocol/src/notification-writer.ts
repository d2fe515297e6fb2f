import { rootNamespaces } from './namespaces.ts'
import type { Contact } from './notification.ts'
import type { VisibleState } from './presence-state.ts'
import type { PropertyName } from './property-name.ts'
import { propertyNames } from './property-name.ts'
import { propertySetXml } from './property-update.ts'
import { stateXml } from './state-xml.ts'
import { cdata, escapeText } from './xml-writer.ts'

// NOTE: no XML declaration: UTF-8 and version 1.0 go without saying, and no client misses it (client-facts §1.4, §1.9).
const open = `<r:notification${rootNamespaces}>`
const close = '</r:notification>'
const specialInJson = /["\\\x00-\x1f\ud800-\udfff]/

/** The parts of an instant message. */
export interface OutgoingMessage {
  readonly from: Contact
  readonly to: readonly Contact[]
  /** A payload with a Session-Id and a Content-Type; `repairMimePayload` sees to that (client-facts §5, 31). */
  readonly mime: string
}

/** Writes a NOTIFY body with one message, in the only form that no real client chokes on (client-facts §5, 29, 30). */
export function writeMessage({ from, to, mime }: OutgoingMessage): string {
  return (
    `${open}<r:message>${partyXml('from', [{ ...from, description: from.description.trim() || aliasIn(from.href) }])}` +
    // COMPAT(librvp): it knows a conversation of several by the contacts of one notification-to, which RVP §9.1.22 leaves open.
    `${to.length > 0 ? partyXml('to', to) : ''}` +
    `<r:msgbody><r:mime-data>${cdata(mime)}</r:mime-data></r:msgbody></r:message>${close}`
  )
}

/**
 * Writes NOTIFY bodies for the watchers of one change of state: exactly one `r:state` with a bare state
 * (client-facts §5, 18, 29). What all of them share is made once.
 */
export class PropNotificationTemplate {
  readonly #head: string
  readonly #tail: string
  readonly #jsonHead: string
  readonly #jsonTail: string

  /** `fromHref`: the presentity's URL as these watchers spell it (client-facts §5, 17). */
  constructor(fromHref: string, state: VisibleState) {
    const change = propertySetXml([{ name: propertyNames.state, xml: stateXml(state) }])
    this.#head = `${open}<r:propnotification>${partyXml('from', [{ href: fromHref, description: '' }])}<r:notification-to><r:contact><d:href>`
    this.#tail = `</d:href><r:description></r:description></r:contact></r:notification-to>${propnotificationEnd(change)}`
    this.#jsonHead = JSON.stringify(this.#head).slice(0, -1)
    this.#jsonTail = JSON.stringify(this.#tail).slice(1)
  }

  /** The body for the watcher at `toHref`. */
  for(toHref: string): string {
    return this.#head + escapeText(toHref) + this.#tail
  }

  /** The same as a JSON string. */
  jsonFor(toHref: string): string {
    return this.#jsonHead + insideJson(escapeText(toHref)) + this.#jsonTail
  }
}

/** `text` as it stands between the quotes of a JSON string. */
function insideJson(text: string): string {
  return specialInJson.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

/** Writes a NOTIFY body with one change of state. */
export function writePropNotification(news: { fromHref: string; toHref: string; state: VisibleState }): string {
  return new PropNotificationTemplate(news.fromHref, news.state).for(news.toHref)
}

/** Writes a NOTIFY body with changes of other properties, for clients of ours: librvp reads none but the state (client-facts §1.9). */
export function writePropNotificationOf(news: {
  fromHref: string
  toHref: string
  properties: readonly { readonly name: PropertyName; readonly xml: string }[]
}): string {
  const party = (href: string): Contact[] => [{ href, description: '' }]
  const parties = partyXml('from', party(news.fromHref)) + partyXml('to', party(news.toHref))
  return `${open}<r:propnotification>${parties}${propnotificationEnd(propertySetXml(news.properties))}`
}

/** Writes a NOTIFY body around an application's own element, in canonical form (RVP §5.6.1). */
export function writeApplicationNotification(xml: string): string {
  return open + xml + close
}

function propnotificationEnd(change: string): string {
  return `<d:propertyupdate>${change}</d:propertyupdate></r:propnotification>${close}`
}

function partyXml(party: 'from' | 'to', contacts: readonly Contact[]): string {
  const list = contacts.map(
    ({ href, description }) =>
      `<r:contact><d:href>${escapeText(href)}</d:href><r:description>${escapeText(description)}</r:description></r:contact>`,
  )
  return `<r:notification-${party}>${list.join('')}</r:notification-${party}>`
}

/** The last part of a URL's path: what to call somebody whose name we do not know. */
function aliasIn(href: string): string {
  return href.slice(href.lastIndexOf('/') + 1) || href
}

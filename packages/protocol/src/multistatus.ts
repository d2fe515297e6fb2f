import { davNamespace, rootNamespaces } from './namespaces.ts'
import { type PropertyName, propertyNameOf, propertyNames, propertyXml } from './property-name.ts'
import { BadRequestError } from './rvp-error.ts'
import { parseStateElement, type StateReport } from './state-xml.ts'
import { reasonPhrase } from './status.ts'
import { childElements, findChild, findChildren, trimmedText, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { escapeText, innerXml } from './xml-writer.ts'

/** Properties that share a status; `xml` is canonical inner XML. */
export interface Propstat {
  readonly status: number
  readonly properties: readonly { readonly name: PropertyName; readonly xml: string }[]
}

/** A property of an answer as a client reads it; `state` says what an `r:state` with a value means. */
export interface ReportedProperty {
  readonly name: PropertyName
  readonly xml: string
  readonly state?: StateReport
}

/** The one response of a multistatus (client-facts §5, 16). */
export interface Multistatus {
  readonly href: string
  readonly propstats: readonly { readonly status: number; readonly properties: readonly ReportedProperty[] }[]
}

/**
 * Writes the body of a 207. `href` must be the node's URL exactly as the asking client spells it (client-facts §5, 17).
 * librvp drops all properties if any status is not 200: name a missing property only to those who asked for it
 * (client-facts §5, 16).
 */
export function writeMultistatus(href: string, propstats: readonly Propstat[]): string {
  return (
    `<d:multistatus${rootNamespaces}><d:response><d:href>${escapeText(href)}</d:href>` +
    `${propstats.map(propstatXml).join('')}</d:response></d:multistatus>`
  )
}

function propstatXml({ status, properties }: Propstat): string {
  const prop = properties.map(({ name, xml }) => propertyXml(name, xml)).join('')
  return (
    `<d:propstat><d:prop>${prop}</d:prop>` +
    `<d:status>HTTP/1.1 ${status} ${reasonPhrase(status)}</d:status></d:propstat>`
  )
}

/** Reads the body of a 207; of several responses the first. Throws BadRequestError. */
export function parseMultistatus(body: string): Multistatus {
  const root = parseXml(body)
  const response = findChild(root, davNamespace, 'response')
  const href = response && findChild(response, davNamespace, 'href')
  if (root.ns !== davNamespace || root.name !== 'multistatus' || !response || !href) {
    throw new BadRequestError('body is not a multistatus element')
  }
  return { href: trimmedText(href), propstats: findChildren(response, davNamespace, 'propstat').map(readPropstat) }
}

function readPropstat(propstat: XmlElement): Multistatus['propstats'][number] {
  const line = findChild(propstat, davNamespace, 'status')
  // RVP §5.1.7.2 prints full stops where blanks belong.
  const status = line && /^HTTP\/[0-9]\.[0-9][ .]+([1-5][0-9]{2})(?![0-9])/.exec(trimmedText(line))?.[1]
  if (status === undefined) throw new BadRequestError('propstat has no status')
  const properties = findChildren(propstat, davNamespace, 'prop').flatMap(childElements)
  return { status: Number(status), properties: properties.map(reportedProperty) }
}

function reportedProperty(property: XmlElement): ReportedProperty {
  const reported = { name: propertyNameOf(property), xml: innerXml(property) }
  if (reported.name !== propertyNames.state || childElements(property).length === 0) return reported
  return { ...reported, state: parseStateElement(property) }
}

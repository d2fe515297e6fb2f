import { davNamespace, rootNamespaces, rvpNamespace } from './namespaces.ts'
import type { PresenceState } from './presence-state.ts'
import { type PropertyName, propertyNameOf, propertyNames, propertyXml } from './property-name.ts'
import { BadRequestError } from './rvp-error.ts'
import { leasedValueXml, parseStateElement, parseTimeout, type StateReport } from './state-xml.ts'
import { childElements, findChild, findChildren, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { innerXml } from './xml-writer.ts'

/** One thing that a PROPPATCH asks for (RVP §5.5). */
export type PropertyChange =
  | ({ readonly kind: 'set-state' } & StateReport)
  | {
      readonly kind: 'set'
      readonly name: PropertyName
      /** Canonical inner XML; of a leased value, that of its `r:value`. */
      readonly xml: string
      readonly leaseSeconds?: number
    }
  | { readonly kind: 'remove'; readonly name: PropertyName }

/** A state that a client sets on its view; a bare state has no lease, as librvp's good-bye (client-facts §1.3). */
export interface StateUpdate {
  readonly state: PresenceState
  /** Undefined for a bare state. */
  readonly leaseSeconds?: number | undefined
  /** Offline unless it is given. */
  readonly defaultState?: PresenceState | undefined
  readonly viewId?: number | undefined
}

const maxChanges = 200

/** Reads the body of a PROPPATCH: its changes, in the order in which they take effect. Throws BadRequestError. */
export function parsePropertyUpdate(body: string): readonly PropertyChange[] {
  const root = parseXml(body)
  if (!isPropertyUpdate(root)) throw new BadRequestError('body is not a propertyupdate element')
  const changes = propertyChangesIn(root)
  if (changes.length === 0) throw new BadRequestError('no property to set or remove')
  return changes
}

/** Whether it is `propertyupdate`, or `propupdate` as RVP §5.5.1 opens it, in either namespace (client-facts §4). */
export function isPropertyUpdate({ ns, name }: XmlElement): boolean {
  return (ns === davNamespace || ns === rvpNamespace) && (name === 'propertyupdate' || name === 'propupdate')
}

/** The changes in a `d:propertyupdate` element, here or in a notification (RVP §9.1.19). */
export function propertyChangesIn(update: XmlElement): readonly PropertyChange[] {
  const changes: PropertyChange[] = []
  for (const action of childElements(update)) {
    if (action.ns !== davNamespace || (action.name !== 'set' && action.name !== 'remove')) continue
    for (const property of findChildren(action, davNamespace, 'prop').flatMap(childElements)) {
      changes.push(action.name === 'set' ? propertySet(property) : { kind: 'remove', name: propertyNameOf(property) })
    }
  }
  if (changes.length > maxChanges) throw new BadRequestError('too many properties')
  return changes
}

/** A client's PROPPATCH of its own state. */
export function writeStateUpdate({ state, leaseSeconds, defaultState = 'offline', viewId }: StateUpdate): string {
  const value = leaseSeconds === undefined ? `<r:${state}/>` : leasedValueXml(state, defaultState, leaseSeconds)
  const view = viewId === undefined ? '' : `<r:view-id>${viewId}</r:view-id>`
  return writePropertySet(propertyNames.state, value + view)
}

/** A client's PROPPATCH that sets one property to canonical inner XML. */
export function writePropertySet(name: PropertyName, xml: string): string {
  return `<d:propertyupdate${rootNamespaces}>${propertySetXml([{ name, xml }])}</d:propertyupdate>`
}

/** A client's PROPPATCH that removes one property. */
export function writePropertyRemove(name: PropertyName): string {
  const prop = `<d:prop>${propertyXml(name, '')}</d:prop>`
  return `<d:propertyupdate${rootNamespaces}><d:remove>${prop}</d:remove></d:propertyupdate>`
}

/** `d:set` of some properties. */
export function propertySetXml(properties: readonly { readonly name: PropertyName; readonly xml: string }[]): string {
  return `<d:set><d:prop>${properties.map(({ name, xml }) => propertyXml(name, xml)).join('')}</d:prop></d:set>`
}

function propertySet(property: XmlElement): PropertyChange {
  const name = propertyNameOf(property)
  if (name === propertyNames.state) return { kind: 'set-state', ...parseStateElement(property) }
  const lease = findChild(property, rvpNamespace, 'leased-value')
  if (!lease) return { kind: 'set', name, xml: innerXml(property) }
  const value = findChild(lease, rvpNamespace, 'value')
  if (!value) throw new BadRequestError('leased value has no value')
  const leaseSeconds = parseTimeout(lease)
  // The value stands where the property's own content would: its prefixes are the property's.
  const xml = innerXml({ ...property, children: value.children })
  return leaseSeconds === undefined ? { kind: 'set', name, xml } : { kind: 'set', name, xml, leaseSeconds }
}

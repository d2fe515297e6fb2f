import { rvpNamespace } from './namespaces.ts'
import { isPresenceState, type PresenceState, type VisibleState } from './presence-state.ts'
import { BadRequestError } from './rvp-error.ts'
import { childElements, findChild, trimmedText, type XmlElement } from './xml-element.ts'

/** What an `r:state` element says, leased or bare (RVP §9.1.1; client-facts §5, 25). */
export interface StateReport {
  readonly state: PresenceState
  /** What the state falls back to when its lease runs out; offline when nobody says. */
  readonly defaultState: PresenceState
  /** Undefined for a bare state, and for a leased one without a timeout. */
  readonly leaseSeconds: number | undefined
  /** The view that the sender believes to have; may be long gone. Undefined also when it is no number. */
  readonly viewId: number | undefined
}

/** A state that somebody holds on a lease, as the answer to PROPPATCH tells it (RVP §5.5.1). */
export interface LeasedState {
  readonly state: PresenceState
  readonly defaultState: PresenceState
  readonly leaseSeconds: number
  readonly viewId: number
}

/** The inner XML of `r:state` for watchers: a bare state element (client-facts §5, 18). */
export function stateXml(state: VisibleState): string {
  return `<r:${state}/>`
}

/** The inner XML of `r:state` in the answer to PROPPATCH, and nowhere else (client-facts §5, 18). */
export function leasedStateXml({ state, defaultState, leaseSeconds, viewId }: LeasedState): string {
  return `${leasedValueXml(state, defaultState, leaseSeconds)}<r:view-id>${viewId}</r:view-id>`
}

/** `r:leased-value` (RVP §9.1.2); time-out in the namespace that every client reads (client-facts §4). */
export function leasedValueXml(state: PresenceState, defaultState: PresenceState, leaseSeconds: number): string {
  return (
    `<r:leased-value><r:value><r:${state}/></r:value>` +
    `<r:default-value><r:${defaultState}/></r:default-value><d:timeout>${leaseSeconds}</d:timeout></r:leased-value>`
  )
}

/** Reads `r:state` in either form. Throws BadRequestError for a state that does not exist. */
export function parseStateElement(element: XmlElement): StateReport {
  const lease = findChild(element, rvpNamespace, 'leased-value')
  const viewId = parseViewId(element)
  if (!lease) return { state: stateIn(element), defaultState: 'offline', leaseSeconds: undefined, viewId }
  const value = findChild(lease, rvpNamespace, 'value')
  const fallback = findChild(lease, rvpNamespace, 'default-value')
  if (!value) throw new BadRequestError('leased value has no value')
  return {
    state: stateIn(value),
    defaultState: fallback ? stateIn(fallback) : 'offline',
    leaseSeconds: parseTimeout(lease),
    viewId,
  }
}

/** Seconds in the `timeout` element of either namespace (client-facts §4); undefined when there is none. */
export function parseTimeout(lease: XmlElement): number | undefined {
  const timeout = childElements(lease).find((child) => child.name === 'timeout')
  if (!timeout) return undefined
  const text = trimmedText(timeout)
  if (!/^[0-9]{1,10}$/.test(text)) throw new BadRequestError('timeout is not a number of seconds')
  return Math.min(Number(text), 0x7fff_ffff)
}

function stateIn(parent: XmlElement): PresenceState {
  const state = childElements(parent).find((child) => child.name !== 'view-id')
  if (!state) throw new BadRequestError('state is empty')
  if (state.ns !== rvpNamespace || !isPresenceState(state.name)) throw new BadRequestError('unknown presence state')
  return state.name
}

function parseViewId(element: XmlElement): number | undefined {
  const viewId = findChild(element, rvpNamespace, 'view-id')
  const text = viewId ? trimmedText(viewId) : ''
  return /^[0-9]{1,10}$/.test(text) && Number(text) <= 0x7fff_ffff ? Number(text) : undefined
}

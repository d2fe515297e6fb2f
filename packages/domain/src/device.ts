import { domainOf, type LogicalUrl, parseSpelledUrl, pathOf } from '@parley/protocol'
import type { Inbox, ProbingInbox } from './inbox.ts'
import type { DeliveryTarget, SubscriptionId, ViewId } from './node-store.ts'

/** Where a device is reached; equal for duplicate login subscriptions of one device (RVP §5.1.5). */
export type DeviceTarget = Exclude<DeliveryTarget, { kind: 'node' }>

/** One place where a user is reached: an inbox, and the login subscriptions that lead to it. */
export class Device {
  readonly target: DeviceTarget
  readonly inbox: Inbox | ProbingInbox
  /** The user's own URL as this device spells it. */
  readonly href: string
  /** Host[:port] by which this device knows the IM domain. */
  readonly authority: string
  readonly subscriptions = new Set<SubscriptionId>()
  /** The view that this device sets its state on, once it has set one. */
  view: ViewId | undefined
  /** Whether it has set its state since the newest device of its user signed in. */
  hasSetStateSince = false
  /** Whether the device said that it is offline without ending its login subscription: it gets nothing (client-facts §5, 26). */
  signedOff = false
  /** Takes back the check that will drop the device if it stays unreachable. */
  cancelDrop: (() => void) | undefined

  constructor(target: DeviceTarget, inbox: Inbox | ProbingInbox, href: string) {
    this.target = target
    this.inbox = inbox
    this.href = href
    this.authority = parseSpelledUrl(href).authority
  }

  /** A node's URL as this device would build it: clients know each other by their own name for the domain (client-facts §1.1). */
  spell(owner: LogicalUrl, node: LogicalUrl, spelled = ''): string {
    // NOTE: the common case, told apart without work: a fan-out comes here for every watcher.
    if (spelled === node && this.href === owner) return node
    if (domainOf(node) !== domainOf(owner)) return spelled || node
    const path = spelled ? parseSpelledUrl(spelled).path : pathOf(node)
    return `http://${this.authority}${path}`
  }
}

/** Text that is equal for equal targets. */
export function targetKey(target: DeliveryTarget): string {
  switch (target.kind) {
    case 'callback':
      return `${target.address} ${target.port} ${target.path}`
    case 'node':
      return target.node
    case 'stream':
      return `stream ${target.token}`
  }
}

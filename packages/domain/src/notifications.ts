import {
  type AckType,
  type LogicalUrl,
  LoopDetectedError,
  RecipientLeftError,
  RecipientUnavailableError,
  type RvpError,
} from '@parley/protocol'
import { may } from './access.ts'
import { consentedInbox } from './consented-inbox.ts'
import { targetKey } from './device.ts'
import type { DomainEvents } from './events.ts'
import type { Identity } from './identity.ts'
import type { Delivery, DeliveryOutcome, Inbox } from './inbox.ts'
import type { DomainLimits } from './limits.ts'
import { homeChanging, MovedError } from './moved-error.ts'
import type { StoredSubscription } from './node-store.ts'
import type { Nodes } from './nodes.ts'
import type { PeerInboxes } from './peer-inbox.ts'
import type { RvpNode } from './rvp-node.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { WatchTable } from './watch-table.ts'

/** How one recipient's device, or direct call-back, names the parties of a notification. */
export interface Spelling {
  /** The sender's URL as the recipient knows it (client-facts §5, 33). */
  readonly from: string
  /** The recipient's own URL as it spells it. */
  readonly to: string
  /** Spells any other node of ours for this recipient. */
  spell(node: LogicalUrl): string
}

/** A notification to be delivered; `bodyFor` writes it for one recipient. */
export interface Notification {
  readonly sender: Identity
  readonly ack: AckType
  /** RVP-Hop-Count of the request (RVP §7.2). */
  readonly hops: number
  /** The sender's URL as the recipient spells it, when the sender's IM domain knows and we do not. */
  readonly senderHref?: string
  /** Whether the node hears it as a member of a group elsewhere, which may do without it. */
  readonly isForMember?: boolean
  bodyFor(spelling: Spelling): string
}

/** Members of groups that come from the directory, beside those who subscribed by hand. */
export interface GroupMembers {
  /** At most 10,000; none for any other node. */
  members(group: LogicalUrl): readonly LogicalUrl[]
}

interface Recipient {
  readonly inbox: Pick<Inbox, 'post' | 'deliver'>
  readonly delivery: Delivery
}

/** Delivers notifications to nodes: to a user's devices, to the subscribers of a group or resource (RVP §5.1.3, §5.6). */
export class Notifications {
  readonly #nodes: Nodes
  readonly #subscriptions: Subscriptions
  readonly #watches: WatchTable
  readonly #elsewhere: PeerInboxes | undefined
  readonly #groups: GroupMembers | undefined
  readonly #limits: DomainLimits
  readonly #events: DomainEvents

  constructor(given: {
    nodes: Nodes
    subscriptions: Subscriptions
    watches: WatchTable
    /** Inboxes of nodes that live elsewhere; absent when there is no elsewhere. */
    elsewhere?: PeerInboxes | undefined
    /** Absent: there are no groups but those that somebody made. */
    groups?: GroupMembers | undefined
    limits: DomainLimits
    events: DomainEvents
  }) {
    this.#nodes = given.nodes
    this.#subscriptions = given.subscriptions
    this.#watches = given.watches
    this.#elsewhere = given.elsewhere
    this.#groups = given.groups
    this.#limits = given.limits
    this.#events = given.events
  }

  /**
   * Delivers to every live inbox of `node`, at most once each; resolves when the acknowledgement that the sender asked for is
   * satisfied (RVP §5.6, RVP-Ack-Type), throws RecipientUnavailableError when it cannot be, RecipientLeftError when a device says why, UnavailableError when nobody knows, and MovedError when nobody was told since the home is about to be handed over. Handing over to the inboxes
   * happens before this returns, so that notifications of one sender stay in order. Resolves with `nobody` when there is no
   * inbox, and a group that it is for may do without.
   */
  async deliver(node: RvpNode, notification: Notification): Promise<'delivered' | 'nobody'> {
    const recipients = new Map<string, Recipient>()
    this.#collect(node, notification, notification.hops + 1, recipients, new Set())
    if (notification.ack === 'SingleHop') {
      for (const { inbox, delivery } of recipients.values()) inbox.post(delivery)
      return 'delivered'
    }
    const outcomes = [...recipients.values()].map(({ inbox, delivery }) => this.#handOver(node, inbox, delivery))
    const delivered = await (notification.ack === 'DeepAnd' ? allDelivered(outcomes) : oneDelivered(outcomes))
    if (delivered === 'nobody' && !notification.isForMember) throw new RecipientUnavailableError()
    return delivered
  }

  async #handOver(node: RvpNode, inbox: Recipient['inbox'], delivery: Delivery): Promise<DeliveryOutcome> {
    const outcome = await inbox.deliver(delivery)
    this.#events.messageDelivered(node.url, outcome)
    return outcome
  }

  #collect(
    node: RvpNode,
    notification: Notification,
    hops: number,
    recipients: Map<string, Recipient>,
    visited: Set<LogicalUrl>,
  ): void {
    if (hops > this.#limits.maxHops) throw new LoopDetectedError('the notification went over too many hops')
    if (visited.has(node.url)) return
    visited.add(node.url)
    if (node.kind === 'user') this.#collectDevices(node, notification, hops, recipients)
    else this.#collectSubscribers(node, notification, hops, recipients, visited)
  }

  #collectDevices(node: RvpNode, notification: Notification, hops: number, recipients: Map<string, Recipient>): void {
    const { principal } = notification.sender
    const spelled = this.#watches.spelling(principal, node.url) ?? notification.senderHref
    for (const device of node.devices) {
      if (device.signedOff) continue
      const body = notification.bodyFor({
        from: device.spell(node.url, principal, spelled),
        to: device.href,
        spell: (other) => device.spell(node.url, other),
      })
      recipients.set(targetKey(device.target), { inbox: device.inbox, delivery: { body, hops } })
    }
  }

  #collectSubscribers(
    node: RvpNode,
    notification: Notification,
    hops: number,
    recipients: Map<string, Recipient>,
    visited: Set<LogicalUrl>,
  ): void {
    const { principal } = notification.sender
    const byHand = new Set<LogicalUrl>()
    for (const subscription of this.#subscriptions.targetsOf(node)) {
      byHand.add(subscription.subscriber)
      // NOTE: the list may have changed since the subscription was made.
      if (!may(node, { principal: subscription.subscriber }, 'receive-from')) continue
      const direct = this.#subscriptions.directInbox(subscription)
      const receiver =
        direct || subscription.target.kind !== 'node' ? subscription.subscriber : subscription.target.node
      const member = this.#nodes.find(receiver)
      if (!member) {
        this.#collectElsewhere(receiver, subscription, notification, hops, recipients)
      } else if (this.#blocks(member, notification.sender)) {
      } else if (direct) {
        const body = notification.bodyFor({ from: principal, to: subscription.subscriberHref, spell: (other) => other })
        recipients.set(targetKey(subscription.target), { inbox: direct, delivery: { body, hops } })
      } else {
        this.#collect(member, notification, hops + 1, recipients, visited)
      }
    }
    for (const member of this.#groups?.members(node.url) ?? []) {
      // NOTE: who has subscribed hears it there, and nowhere twice.
      if (byHand.has(member) || !may(node, { principal: member }, 'receive-from')) continue
      this.#collectMember(member, notification, hops, recipients, visited)
    }
  }

  /** A member whom the directory names: all its devices, wherever it lives. */
  #collectMember(
    url: LogicalUrl,
    notification: Notification,
    hops: number,
    recipients: Map<string, Recipient>,
    visited: Set<LogicalUrl>,
  ): void {
    const { sender, ack } = notification
    const member = this.#nodes.loaded(url)
    if (member && this.#nodes.find(url) === member) {
      if (!this.#blocks(member, sender)) this.#collect(member, notification, hops + 1, recipients, visited)
      return
    }
    // NOTE: thousands of members may never have signed in: nothing is made in memory of them.
    const inbox = this.#nodes.isUser(url) ? undefined : this.#elsewhere?.to(url, sender, ack, 'devices')
    if (!inbox || recipients.has(url)) return
    const body = notification.bodyFor({ from: sender.principal, to: url, spell: (other) => other })
    recipients.set(url, { inbox, delivery: { body, hops: hops + 1 } })
  }

  /**
   * A member that lives in another home or IM domain hears it there, in the sender's name: only its home knows whether its
   * own access list lets the sender through, also to a Call-Back of the member's own (promise 5).
   */
  #collectElsewhere(
    receiver: LogicalUrl,
    { target, subscriberHref }: StoredSubscription,
    notification: Notification,
    hops: number,
    recipients: Map<string, Recipient>,
  ): void {
    const { sender, ack } = notification
    const direct = this.#subscriptions.directInbox({ target })
    const home = this.#elsewhere?.to(receiver, sender, ack, direct ? 'call-back' : 'devices')
    const key = direct ? targetKey(target) : receiver
    if (!home || recipients.has(key)) return
    const inbox = direct ? consentedInbox(direct, home) : home
    const to = direct ? subscriberHref : receiver
    const body = notification.bodyFor({ from: sender.principal, to, spell: (other) => other })
    recipients.set(key, { inbox, delivery: { body, hops: direct ? hops : hops + 1 } })
  }

  /** Who blocks the sender does not hear it through a group either (promise 5). */
  #blocks(member: RvpNode, sender: Identity): boolean {
    return !may(member, sender, 'send-to')
  }
}

function oneDelivered(outcomes: readonly Promise<DeliveryOutcome>[]): Promise<'delivered' | 'nobody'> {
  return new Promise((resolve, reject) => {
    const failures: DeliveryOutcome[] = []
    for (const pending of outcomes) {
      pending.then((outcome) => {
        if (outcome === 'delivered') resolve(outcome)
        else if (failures.push(outcome) < outcomes.length) return
        else if (isNobody(failures)) resolve('nobody')
        else reject(undelivered(failures))
      }, reject)
    }
    if (outcomes.length === 0) resolve('nobody')
  })
}

async function allDelivered(outcomes: readonly Promise<DeliveryOutcome>[]): Promise<'delivered' | 'nobody'> {
  const settled = await Promise.all(outcomes)
  if (isNobody(settled)) return 'nobody'
  if (settled.some((outcome) => outcome !== 'delivered' && outcome !== 'nobody')) throw undelivered(settled)
  return 'delivered'
}

function isNobody(outcomes: readonly DeliveryOutcome[]): boolean {
  return outcomes.every((outcome) => outcome === 'nobody')
}

/** Why the outcomes, all that there are, are not what was asked for. NOTE: it may go to the next server only if no device was told. */
function undelivered(outcomes: readonly DeliveryOutcome[]): RvpError {
  if (outcomes.every((outcome) => outcome === 'held')) return new MovedError()
  const failures = outcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'nobody')
  if (failures.includes('left')) return new RecipientLeftError()
  // NOTE: not 412, which says that no device took it (promise 3).
  if (failures.includes('moved') || failures.includes('held')) return homeChanging()
  return new RecipientUnavailableError({ detail: `not delivered: ${failures.join(', ')}` })
}

import { createHash } from 'node:crypto'
import { demand, homeChanging, type Identity, MovedError, may, type RvpNode, type Spelling } from '@parley/domain'
import type { RvpRequest } from '@parley/http'
import {
  aliasOf,
  BadRequestError,
  type Contact,
  ForbiddenError,
  header,
  type LogicalUrl,
  type MessageItem,
  type NotificationItem,
  parseAckType,
  parseHopCount,
  parseNotification,
  propertyNames,
  repairMimePayload,
  visibleState,
  writeApplicationNotification,
  writeMessage,
  writePropNotification,
  writePropNotificationOf,
} from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import type { MethodHandler } from './method-handler.ts'

type NotifyDeps = Pick<HomeDeps, 'nodes' | 'directory' | 'notifications' | 'groups' | 'limits'>

/** NOTIFY: a message, a change of properties or an application's own body, for a node (RVP §5.6). */
export function notify(deps: NotifyDeps): MethodHandler {
  return async (request) => {
    const node = deps.nodes.get(request.node)
    // A group may do without a member, and the sender is not told which one blocks it (promise 5).
    if (request.member && !may(node, request.identity, 'send-to')) return nobody
    demand(node, request.identity, 'send-to')
    if (request.member === 'call-back') return { status: 200 }
    const ack = parseAckType(request.header(header.ackType))
    const hops = parseHopCount(request.header(header.hopCount))
    const items = parseNotification(request.body)
    if (items.length === 0) throw new BadRequestError('the notification is empty')
    const sender = request.identity
    const loading = deps.groups?.load(node)
    if (loading) await loading
    // One message or change for each NOTIFY that we send (client-facts §5, 29); handed over in their order.
    const deliveries = items.map((item) => {
      const bodyFor = bodyWriter(deps, node, request, item)
      return deps.notifications.deliver(node, {
        sender,
        ack,
        hops,
        bodyFor,
        isForMember: request.member !== undefined,
        ...spelledSender(request, item),
      })
    })
    const outcomes = await Promise.allSettled(deliveries)
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    if (failures.length > 0) throw worstOf(failures, outcomes.length)
    const isHeard = outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value === 'delivered')
    return isHeard ? { status: 200 } : nobody
  }
}

/** NOTE: only what was told to nobody at all may be sent to the next holder of the home, which MovedError leads to. */
function worstOf(failures: readonly unknown[], count: number): unknown {
  const other = failures.find((failure) => !(failure instanceof MovedError))
  if (other !== undefined || failures.length === count) return other ?? failures[0]
  return homeChanging()
}

/** Of a member whom nothing reaches: of anybody else that is an error. */
const nobody = { status: 204 }

/** Another IM domain spells a presentity as its watcher here did, whom nobody else has asked. */
function spelledSender({ identity }: RvpRequest, item: NotificationItem): { senderHref?: string } {
  if (identity.scheme !== 'federated' || item.kind !== 'propnotification' || !item.from) return {}
  return { senderHref: item.from.href }
}

function bodyWriter(
  deps: NotifyDeps,
  node: RvpNode,
  request: RvpRequest,
  item: NotificationItem,
): (spelling: Spelling) => string {
  if (item.kind === 'application') {
    const body = writeApplicationNotification(item.xml)
    return () => body
  }
  if (item.from) refuseForgery(request, item.from)
  if (item.kind === 'message') return messageWriter(deps, node, request, item)
  const state = item.properties.find(({ name }) => name === propertyNames.state)?.state
  if (state !== undefined) {
    return ({ from, to }) => writePropNotification({ fromHref: from, toHref: to, state: visibleState(state) })
  }
  const { properties } = item
  // NOTE: a d:prop without a child is more than some clients can bear.
  if (properties.length === 0) throw new BadRequestError('propnotification sets no property')
  return ({ from, to }) => writePropNotificationOf({ fromHref: from, toHref: to, properties })
}

/** Nobody speaks in another's name: the body must agree with the identity that the edge proved (design.md, "Identity"). */
function refuseForgery(request: RvpRequest, from: Contact): void {
  if (request.resolve(from.href) !== request.identity.principal) {
    throw new ForbiddenError('notification-from is not the authenticated sender')
  }
}

function messageWriter(
  { directory }: NotifyDeps,
  node: RvpNode,
  request: RvpRequest,
  item: MessageItem,
): (spelling: Spelling) => string {
  const { principal } = request.identity
  const description =
    request.identity.displayName ||
    directory.user(principal)?.displayName ||
    item.from?.description ||
    aliasOf(principal) ||
    principal
  const mime = repairMimePayload(item.mime, () => sessionIdOf(request.identity, node.url))
  const parties = item.to.map((contact) => ({ contact, node: request.resolve(contact.href) }))
  return ({ from, to, spell }) => {
    const spelled = parties.map(({ contact, node: party }) => ({
      href: party === undefined || party === node.url ? to : spell(party),
      description: contact.description,
    }))
    return writeMessage({
      from: { href: from, description },
      to: spelled.length > 0 ? spelled : [{ href: to, description: '' }],
      mime,
    })
  }
}

/** A Session-Id for senders that forget it: the same for all messages of one to the other, so that they share a window. */
function sessionIdOf(sender: Identity, recipient: LogicalUrl): string {
  const hex = createHash('sha256').update(`${sender.principal} ${recipient}`).digest('hex').toUpperCase()
  return `{${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')}}`
}

import {
  type Contact,
  type LogicalUrl,
  type MessageItem,
  type NotificationItem,
  type PropNotificationItem,
  parseLogicalUrl,
  parseMimePayload,
  parseNotification,
  payloadHeader,
  payloadKindOf,
  propertyNames,
  RvpError,
} from '@parley/protocol'
import type { RvpClientEvent } from './client-event.ts'
import { messageText } from './message-text.ts'

/** What a NOTIFY body says (RVP §5.6); undefined when it cannot be read. Items that name no sender are passed over. */
export function eventsOf(body: string): readonly RvpClientEvent[] | undefined {
  try {
    return parseNotification(body).flatMap(eventsOfItem)
  } catch (error) {
    if (error instanceof RvpError) return undefined
    throw error
  }
}

function eventsOfItem(item: NotificationItem): readonly RvpClientEvent[] {
  if (item.kind === 'application') return [{ type: 'application', xml: item.xml }]
  if (!item.from) return []
  const from = parseLogicalUrl(item.from.href)
  return item.kind === 'message' ? [messageEvent(item, item.from, from)] : presenceEvents(item, from)
}

function presenceEvents({ properties }: PropNotificationItem, node: LogicalUrl): readonly RvpClientEvent[] {
  return properties.flatMap(({ name, state }) =>
    name === propertyNames.state && state ? [{ type: 'presence', node, state }] : [],
  )
}

function messageEvent({ mime }: MessageItem, { description }: Contact, from: LogicalUrl): RvpClientEvent {
  const payload = parseMimePayload(mime)
  const said = { from, fromName: description, sessionId: payloadHeader(payload, 'Session-Id') ?? '', payload }
  const kind = payloadKindOf(payload)
  if (kind === 'text') return { type: 'message', text: messageText(payload), ...said }
  return { type: kind === 'other' ? 'payload' : kind, ...said }
}

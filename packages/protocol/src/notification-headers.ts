import type { AckType, NotificationType } from './header.ts'
import { parseSpelledUrl } from './logical-url.ts'
import { BadRequestError } from './rvp-error.ts'

const maxNumber = 0x7fff_ffff

/** Where a Call-Back points to. `host` is as spelled, an IPv6 address in brackets; `path` starts with a slash. */
export interface CallBack {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** RVP-Hop-Count: 1 for a request of a client, and when it is missing (RVP §7.2). Throws BadRequestError. */
export function parseHopCount(value: string | undefined): number {
  if (value === undefined) return 1
  return parseNumber(value) ?? bad('RVP-Hop-Count is not a number from 1')
}

/** RVP-Ack-Type; DeepOr, which every client sends, when it is missing (RVP §5.6). Throws BadRequestError. */
export function parseAckType(value: string | undefined): AckType {
  switch (value?.toLowerCase()) {
    case undefined:
    case 'deepor':
      return 'DeepOr'
    case 'deepand':
      return 'DeepAnd'
    case 'singlehop':
      return 'SingleHop'
    default:
      return bad('RVP-Ack-Type is none of SingleHop, DeepOr and DeepAnd')
  }
}

/** Notification-Type; undefined when it is missing, as in a renewal (RVP §5.1.3). Throws BadRequestError. */
export function parseNotificationType(value: string | undefined): NotificationType | undefined {
  const type = value?.toLowerCase()
  if (type === undefined || type === 'pragma/notify' || type === 'update/propchange') return type
  return bad('Notification-Type is neither pragma/notify nor update/propchange')
}

/** Subscription-Lifetime in seconds; undefined when it is missing: a static subscription (RVP §5.1.2). Throws BadRequestError. */
export function parseLifetimeSeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[0-9]{1,15}$/.test(value)) return bad('Subscription-Lifetime is not a number of seconds')
  return Math.min(Number(value), maxNumber)
}

/** Subscription-Id, 1 to 2^31-1; undefined when it is missing (client-facts §5, 20). Throws BadRequestError. */
export function parseSubscriptionId(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  return parseNumber(value) ?? bad('Subscription-Id is not a number from 1 to 2147483647')
}

/** Call-Back: an http URL without user information (RVP §5.1.4). Whether we may call there is not decided here. Throws BadRequestError. */
export function parseCallBack(text: string): CallBack {
  if (!/^[ \t]*http:/i.test(text)) return bad('Call-Back is not an http URL')
  const { authority, path } = parseSpelledUrl(text)
  // NOTE: the path goes into a request line of ours, so nothing in it may end one.
  if (!/^[!-~]+$/.test(path) || path.includes('#')) return bad('Call-Back has a bad path')
  const port = /:([0-9]+)$/.exec(authority)?.[1]
  if (port === undefined) return { host: authority, port: 80, path }
  return { host: authority.slice(0, -port.length - 1), port: Number(port), path }
}

function parseNumber(value: string): number | undefined {
  const number = /^[0-9]{1,10}$/.test(value) ? Number(value) : 0
  return number >= 1 && number <= maxNumber ? number : undefined
}

function bad(reason: string): never {
  throw new BadRequestError(reason)
}

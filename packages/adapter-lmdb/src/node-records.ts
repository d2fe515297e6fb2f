import type {
  DeliveryTarget,
  NodeKind,
  StoredNodeHead,
  StoredProperty,
  StoredSubscription,
  StoredView,
} from '@parley/domain'
import {
  type AccessEntry,
  type AclPrincipal,
  accessRights,
  credentialKinds,
  type LogicalUrl,
  type NotificationType,
  parseLogicalUrl,
  presenceStates,
} from '@parley/protocol'

/*
 * Contents of records. Lists are arrays in the order of the functions below, absent values null. Each `read…` returns
 * undefined for anything that its `write…` does not make.
 */

const nodeKinds: readonly NodeKind[] = ['user', 'group', 'resource']
const notificationTypes: readonly NotificationType[] = ['pragma/notify', 'update/propchange']
const largestId = 0x7fff_ffff

class Unreadable extends Error {}

export function writeHead(head: StoredNodeHead): unknown {
  const acl = head.acl?.map(({ principal, credentials, grant, deny }) => [
    writePrincipal(principal),
    credentials,
    grant,
    deny,
  ])
  const values = [head.kind, head.owner ?? null, acl ?? null, head.sharedState ?? null, head.changedAt ?? null]
  const { moving, person, formerly } = head
  if (person !== undefined || formerly !== undefined)
    return [...values, moving ?? null, person ?? null, formerly ?? null]
  return moving === undefined ? values : [...values, moving]
}

export function readHead(content: unknown): StoredNodeHead | undefined {
  return reading(() => {
    const values = list(content)
    const length = [6, 8].find((each) => each === values.length) ?? 5
    const [kind, owner, acl, sharedState, changedAt, ...more] = tuple(content, length)
    const [moving = null, person = null, formerly = null] = more
    if (length > 5 && more.every((value) => value === null)) throw new Unreadable()
    if (length === 8 && person === null && formerly === null) throw new Unreadable()
    return {
      kind: oneOf(nodeKinds, kind),
      ...(owner !== null && { owner: node(owner) }),
      ...(acl !== null && { acl: list(acl).map(readEntry) }),
      ...(sharedState !== null && { sharedState: oneOf(presenceStates, sharedState) }),
      ...(changedAt !== null && { changedAt: time(changedAt) }),
      ...(moving !== null && { moving: text(moving) }),
      ...(person !== null && { person: text(person) }),
      ...(formerly !== null && { formerly: node(formerly) }),
    }
  })
}

export function writeSubscription(subscription: StoredSubscription): unknown {
  const { type, subscriber, target, href, subscriberHref, expiresAt } = subscription
  return [type, subscriber, writeTarget(target), href, subscriberHref, expiresAt]
}

export function readSubscription(storedId: unknown, content: unknown): StoredSubscription | undefined {
  return reading(() => {
    const [type, subscriber, target, href, subscriberHref, expiresAt] = tuple(content, 6)
    return {
      id: id(storedId),
      type: oneOf(notificationTypes, type),
      subscriber: node(subscriber),
      target: readTarget(target),
      href: text(href),
      subscriberHref: text(subscriberHref),
      expiresAt: time(expiresAt),
    }
  })
}

export function writeView({ state, defaultState, expiresAt, device }: StoredView): unknown {
  return [state, defaultState, expiresAt, device ?? null]
}

export function readView(storedId: unknown, content: unknown): StoredView | undefined {
  return reading(() => {
    const [state, defaultState, expiresAt, device] = tuple(content, 4)
    return {
      id: id(storedId),
      state: oneOf(presenceStates, state),
      defaultState: oneOf(presenceStates, defaultState),
      expiresAt: time(expiresAt),
      ...(device !== null && { device: id(device) }),
    }
  })
}

export function writeProperty({ name, xml }: StoredProperty): unknown {
  return [name, xml]
}

export function readProperty(content: unknown): StoredProperty | undefined {
  return reading(() => {
    const [name, xml] = tuple(content, 2)
    return { name: text(name), xml: text(xml) }
  })
}

/** Reads a node's URL, which must be in its canonical spelling. */
export function readNode(content: unknown): LogicalUrl | undefined {
  return reading(() => node(content))
}

/** Reads a whole number from 0 up, such as an epoch. */
export function readCount(content: unknown): number | undefined {
  return typeof content === 'number' && Number.isSafeInteger(content) && content >= 0 ? content : undefined
}

function writeTarget(target: DeliveryTarget): unknown {
  switch (target.kind) {
    case 'callback':
      return ['callback', target.host, target.address, target.port, target.path]
    case 'node':
      return ['node', target.node]
    case 'stream':
      return ['stream', target.token]
  }
}

function readTarget(content: unknown): DeliveryTarget {
  const [kind, ...rest] = list(content)
  switch (kind) {
    case 'callback': {
      const [host, address, port, path] = tuple(rest, 4)
      return { kind, host: text(host), address: text(address), port: portNumber(port), path: text(path) }
    }
    case 'node':
      return { kind, node: node(tuple(rest, 1)[0]) }
    case 'stream':
      return { kind, token: text(tuple(rest, 1)[0]) }
    default:
      throw new Unreadable()
  }
}

function writePrincipal(principal: AclPrincipal): unknown {
  switch (principal.kind) {
    case 'all':
      return ['all']
    case 'node':
      return ['node', principal.node]
    case 'server':
      return ['server', principal.name]
  }
}

function readEntry(content: unknown): AccessEntry {
  const [principal, credentials, grant, deny] = tuple(content, 4)
  return {
    principal: readPrincipal(principal),
    credentials: credentials === 'any' ? 'any' : list(credentials).map((kind) => oneOf(credentialKinds, kind)),
    grant: list(grant).map((right) => oneOf(accessRights, right)),
    deny: list(deny).map((right) => oneOf(accessRights, right)),
  }
}

function readPrincipal(content: unknown): AclPrincipal {
  const [kind, name] = list(content)
  switch (kind) {
    case 'all':
      return { kind }
    case 'node':
      return { kind, node: node(name) }
    case 'server':
      return { kind, name: text(name) }
    default:
      throw new Unreadable()
  }
}

function reading<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

function list(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) throw new Unreadable()
  return content
}

function tuple(content: unknown, length: number): readonly unknown[] {
  const values = list(content)
  if (values.length !== length) throw new Unreadable()
  return values
}

function oneOf<T>(allowed: readonly T[], content: unknown): T {
  if (!(allowed as readonly unknown[]).includes(content)) throw new Unreadable()
  return content as T
}

function text(content: unknown): string {
  if (typeof content !== 'string') throw new Unreadable()
  return content
}

function node(content: unknown): LogicalUrl {
  const spelled = text(content)
  let canonical: LogicalUrl
  try {
    canonical = parseLogicalUrl(spelled)
  } catch {
    throw new Unreadable()
  }
  if (canonical !== spelled) throw new Unreadable()
  return canonical
}

function id(content: unknown): number {
  const count = readCount(content)
  if (!count || count > largestId) throw new Unreadable()
  return count
}

function portNumber(content: unknown): number {
  const count = readCount(content)
  if (!count || count > 65_535) throw new Unreadable()
  return count
}

function time(content: unknown): number {
  if (typeof content !== 'number' || !Number.isFinite(content)) throw new Unreadable()
  return content
}

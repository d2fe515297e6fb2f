import type {
  DeliveryTarget,
  StoredNode,
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
  presenceStates,
} from '@parley/protocol'
import { z } from 'zod'
import { node } from './stored-names.ts'

/*
 * The fields of a node's hash. Values are JSON arrays in the order of the functions below, absent values null.
 *
 * | field      | value                                                                            |
 * |------------|----------------------------------------------------------------------------------|
 * | `head`     | kind, owner, access list, shared state, time of the last change; mark of a move, person, former URL |
 * | `s:<id>`   | type, subscriber, target, URL of the node and of the subscriber as spelled, expiry |
 * | `v:<id>`   | state, default state, expiry, id of the device's login subscription              |
 * | `p:<name>` | the property's inner XML, as it is                                               |
 */

export const headField = 'head'

export function subscriptionField(id: number): string {
  return `s:${id}`
}

export function viewField(id: number): string {
  return `v:${id}`
}

export function propertyField(name: string): string {
  return `p:${name}`
}

export function writeHead(head: StoredNodeHead): string {
  const acl = head.acl?.map(({ principal, credentials, grant, deny }) => [
    writePrincipal(principal),
    credentials,
    grant,
    deny,
  ])
  const values: unknown[] = [
    head.kind,
    head.owner ?? null,
    acl ?? null,
    head.sharedState ?? null,
    head.changedAt ?? null,
  ]
  const { moving, person, formerly } = head
  if (person !== undefined || formerly !== undefined) values.push(moving ?? null, person ?? null, formerly ?? null)
  else if (moving !== undefined) values.push(moving)
  return JSON.stringify(values)
}

export function writeSubscription(subscription: StoredSubscription): string {
  const { type, subscriber, target, href, subscriberHref, expiresAt } = subscription
  return JSON.stringify([type, subscriber, writeTarget(target), href, subscriberHref, expiresAt])
}

export function writeView({ state, defaultState, expiresAt, device }: StoredView): string {
  return JSON.stringify([state, defaultState, expiresAt, device ?? null])
}

export function writeProperty({ xml }: StoredProperty): string {
  return xml
}

/** Reads a node's hash; calls `corrupt` with the name of the first field that cannot be read. */
export function readNode(
  node: LogicalUrl,
  fields: Readonly<Record<string, string>>,
  corrupt: (field: string) => never,
): StoredNode {
  let head: StoredNodeHead = { kind: 'user' }
  const subscriptions: StoredSubscription[] = []
  const views: StoredView[] = []
  const properties: StoredProperty[] = []
  for (const [field, value] of Object.entries(fields)) {
    const read = <T>(schema: z.ZodType<T>): T => {
      const result = schema.safeParse(parsedJson(value))
      return result.success ? result.data : corrupt(field)
    }
    const id = () => idOf(field) ?? corrupt(field)
    if (field === headField) head = read(headSchema)
    else if (field.startsWith('s:')) subscriptions.push({ id: id(), ...read(subscriptionSchema) })
    else if (field.startsWith('v:')) views.push({ id: id(), ...read(viewSchema) })
    else if (field.startsWith('p:')) properties.push({ name: field.slice(2), xml: value })
    else corrupt(field)
  }
  return { node, head, subscriptions: byId(subscriptions), views: byId(views), properties: byName(properties) }
}

const time = z.number()
const id = z.int().min(1).max(0x7fff_ffff)
const state = z.enum(presenceStates)
const right = z.enum(accessRights)

const principalSchema = z
  .union([z.tuple([z.literal('all')]), z.tuple([z.literal('node'), node]), z.tuple([z.literal('server'), z.string()])])
  .transform(([kind, name]): AclPrincipal => {
    if (kind === 'node') return { kind, node: name }
    return kind === 'server' ? { kind, name } : { kind }
  })

const entrySchema = z
  .tuple([
    principalSchema,
    z.union([z.literal('any'), z.array(z.enum(credentialKinds))]),
    z.array(right),
    z.array(right),
  ])
  .transform(([principal, credentials, grant, deny]): AccessEntry => ({ principal, credentials, grant, deny }))

const headSchema = z
  .tuple([
    z.enum(['user', 'group', 'resource']),
    node.nullable(),
    z.array(entrySchema).nullable(),
    state.nullable(),
    time.nullable(),
    z.string().nullable().optional(),
    z.string().nullable().optional(),
    node.nullable().optional(),
  ])
  .transform(
    ([kind, owner, acl, sharedState, changedAt, moving, person, formerly]): StoredNodeHead => ({
      kind,
      ...(owner !== null && { owner }),
      ...(acl !== null && { acl }),
      ...(sharedState !== null && { sharedState }),
      ...(changedAt !== null && { changedAt }),
      ...(typeof moving === 'string' && { moving }),
      ...(typeof person === 'string' && { person }),
      ...(formerly && { formerly }),
    }),
  )

const targetSchema = z
  .union([
    z.tuple([z.literal('node'), node]),
    z.tuple([z.literal('callback'), z.string(), z.string(), z.int().min(1).max(65_535), z.string()]),
    z.tuple([z.literal('stream'), z.string()]),
  ])
  .transform((target): DeliveryTarget => {
    switch (target[0]) {
      case 'callback':
        return { kind: 'callback', host: target[1], address: target[2], port: target[3], path: target[4] }
      case 'node':
        return { kind: 'node', node: target[1] }
      case 'stream':
        return { kind: 'stream', token: target[1] }
    }
  })

const subscriptionSchema = z
  .tuple([z.enum(['pragma/notify', 'update/propchange']), node, targetSchema, z.string(), z.string(), time])
  .transform(([type, subscriber, target, href, subscriberHref, expiresAt]) => ({
    type,
    subscriber,
    target,
    href,
    subscriberHref,
    expiresAt,
  }))

const viewSchema = z.tuple([state, state, time, id.nullable()]).transform(([is, defaultState, expiresAt, device]) => ({
  state: is,
  defaultState,
  expiresAt,
  ...(device !== null && { device }),
}))

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

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function idOf(field: string): number | undefined {
  const text = field.slice(2)
  const result = id.safeParse(Number(text))
  return result.success && `${result.data}` === text ? result.data : undefined
}

// NOTE: a hash has no order; nodes come out of every store the same.
function byId<T extends { readonly id: number }>(parts: T[]): T[] {
  return parts.sort((a, b) => a.id - b.id)
}

function byName(properties: StoredProperty[]): StoredProperty[] {
  return properties.sort((a, b) => (a.name < b.name ? -1 : 1))
}

import {
  type ChangesAnswer,
  type DeliveryTarget,
  type Epoch,
  type HandBackAnswer,
  type HomePeerService,
  handBackAnswers,
  type PresentityReport,
  parseHomeName,
  type RemoteWatch,
  type StoredNode,
  type StoredNodeHead,
  type StoredProperty,
  type StoredSubscription,
  type StoredView,
  type WatchReport,
} from '@parley/domain'
import {
  type AccessEntry,
  accessRights,
  BadRequestError,
  credentialKinds,
  maxAccessEntries,
  parseLogicalUrl,
  presenceStates,
} from '@parley/protocol'
import { z } from 'zod'
import type { ClusterCall } from './cluster-client.ts'

// NOTE: lists that are not bounded here are bounded by the size of a body.
const home = z.string().transform(parseHomeName)
const node = z.string().transform(parseLogicalUrl)
/** A URL as somebody spells it: the path of a node after any host that its client names. */
const href = z.string().max(2400)
const state = z.enum(presenceStates)
const count = z.int().nonnegative()
const id = z.int().min(1).max(0x7fff_ffff)
const time = z.number()

/** Names every field of a port's type, so that none can be forgotten: what a form does not name is dropped. */
type FormOf<T> = Readonly<Record<keyof T, z.ZodType>>

const remoteWatch = z.object({
  watcher: node,
  receiver: node,
  href,
  watcherHref: href,
  permitted: z.boolean(),
  told: state.exactOptional(),
} satisfies FormOf<RemoteWatch>)

const presentityReport = z.object({
  presentity: node,
  sequence: count,
  state,
  changedAt: time.exactOptional(),
  put: z.array(remoteWatch),
  removed: z.array(remoteWatch.pick({ watcher: true, receiver: true })),
  more: z.literal(true).exactOptional(),
} satisfies FormOf<PresentityReport>)

const watchReport = z.object({
  from: home,
  epoch: count,
  number: count,
  reports: z.array(presentityReport),
  full: z
    .object({ number: count, last: z.boolean(), since: time } satisfies FormOf<NonNullable<WatchReport['full']>>)
    .exactOptional(),
} satisfies FormOf<WatchReport>)

const deliveryTarget = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('callback'),
    host: z.string().max(255),
    address: z.string().max(64),
    port: z.int().min(1).max(65_535),
    path: href,
  } satisfies FormOf<DeliveryTarget & { kind: 'callback' }>),
  z.object({ kind: z.literal('node'), node } satisfies FormOf<DeliveryTarget & { kind: 'node' }>),
  z.object({ kind: z.literal('stream'), token: z.string().max(4096) } satisfies FormOf<
    DeliveryTarget & { kind: 'stream' }
  >),
])

const accessEntry = z.object({
  principal: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('all') }),
    z.object({ kind: z.literal('node'), node }),
    z.object({ kind: z.literal('server'), name: z.string().max(255) }),
  ]),
  credentials: z.union([z.literal('any'), z.array(z.enum(credentialKinds)).max(credentialKinds.length)]),
  grant: z.array(z.enum(accessRights)).max(accessRights.length),
  deny: z.array(z.enum(accessRights)).max(accessRights.length),
} satisfies FormOf<AccessEntry>)

const storedHead = z.object({
  kind: z.enum(['user', 'group', 'resource']),
  owner: node.exactOptional(),
  acl: z.array(accessEntry).max(maxAccessEntries).exactOptional(),
  sharedState: state.exactOptional(),
  changedAt: time.exactOptional(),
  moving: z.string().max(200).exactOptional(),
  person: z.string().max(128).exactOptional(),
  formerly: node.exactOptional(),
} satisfies FormOf<StoredNodeHead>)

const storedSubscription = z.object({
  id,
  type: z.enum(['pragma/notify', 'update/propchange']),
  subscriber: node,
  target: deliveryTarget,
  href,
  subscriberHref: href,
  expiresAt: time,
} satisfies FormOf<StoredSubscription>)

const storedView = z.object({
  id,
  state,
  defaultState: state,
  expiresAt: time,
  device: id.exactOptional(),
} satisfies FormOf<StoredView>)

const storedProperty = z.object({ name: z.string(), xml: z.string() } satisfies FormOf<StoredProperty>)

const storedNode = z.object({
  node,
  head: storedHead,
  subscriptions: z.array(storedSubscription),
  views: z.array(storedView),
  properties: z.array(storedProperty),
} satisfies FormOf<StoredNode>)

const reportAnswer = z.object({ epoch: count })

const changesAnswer = z.object({
  epoch: count,
  change: count,
  published: count,
  states: z.array(z.object({ node, sequence: count, state })),
  complete: z.boolean(),
} satisfies FormOf<ChangesAnswer>)

/** A call as the home that is asked carries it out. Rejects with RvpError, BadRequestError for a body that is not the call's. */
type CallHandler = (peers: HomePeerService, body: unknown) => Promise<unknown>

/** What homes ask of each other beside RVP: each call with the form of its body. */
export const callHandlers: Readonly<Record<Exclude<ClusterCall, 'status' | 'handBack'>, CallHandler>> = {
  report: handler(watchReport, (peers, report) => peers.report(report)),
  changesSince: handler(z.object({ by: home, epoch: count, change: count }), (peers, ask) => peers.changesSince(ask)),
  adopt: handler(storedNode, (peers, stored) => peers.adopt(stored)),
  moveNode: handler(z.object({ node, to: home }), (peers, move) => peers.moveNode(move.node, move.to)),
}

const handBackAsk = z.object({ epoch: count })
const handBackAnswer = z.object({ answer: z.enum(handBackAnswers) })

/** Reads what `handBack` asks for. Throws BadRequestError. */
export function parseHandBackAsk(body: unknown): { readonly epoch: Epoch } {
  return parse(handBackAsk, body)
}

/** Reads the answer to `handBack`. Throws BadRequestError. */
export function parseHandBackAnswer(answer: unknown): { readonly answer: HandBackAnswer } {
  return parse(handBackAnswer, answer)
}

/** Reads the answer to `report`. Throws BadRequestError. */
export function parseReportAnswer(answer: unknown): { readonly epoch: number } {
  return parse(reportAnswer, answer)
}

/** Reads the answer to `changesSince`. Throws BadRequestError. */
export function parseChangesAnswer(answer: unknown): ChangesAnswer {
  return parse(changesAnswer, answer)
}

function handler<Schema extends z.ZodType>(
  schema: Schema,
  run: (peers: HomePeerService, ask: z.output<Schema>) => Promise<unknown>,
): CallHandler {
  return async (peers, body) => await run(peers, parse(schema, body))
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.map(({ path }) => path.join('.'))
  throw new BadRequestError(`not of the form that is agreed: ${paths.slice(0, 3).join(', ')}`)
}

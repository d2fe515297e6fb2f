import { demand, type NodeChange, type RvpNode } from '@parley/domain'
import type { RvpRequest } from '@parley/http'
import {
  ForbiddenError,
  header,
  leasedStateXml,
  NotFoundError,
  type PropertyChange,
  type PropertyName,
  type Propstat,
  parseContacts,
  parsePropertyUpdate,
  parseSubscriptionId,
  propertyNames,
  type StateReport,
  writeMultistatus,
  writePropNotificationOf,
} from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { directoryNames, type NodeProperty } from '../presence-properties.ts'
import type { MethodHandler } from './method-handler.ts'

type PatchDeps = Pick<HomeDeps, 'nodes' | 'presence' | 'devices' | 'watches' | 'createPolicy' | 'limits'>

/** PROPPATCH: set a view's state under a lease, set and remove other properties (RVP §5.5). All of it happens, or nothing. */
export function proppatch(deps: PatchDeps): MethodHandler {
  return async (request) => {
    const changes = parsePropertyUpdate(request.body)
    const node = await nodeFor(deps, request)
    demand(node, request.identity, 'write')
    return await node.queue.run(async () => {
      const refused = changes.filter((change) => !isAllowed(deps, node, change))
      if (refused.length > 0) return { status: 207, xml: writeMultistatus(request.href, refusal(changes, refused)) }
      const records = propertyRecords(deps, node, changes)
      const state = changes.findLast((change) => change.kind === 'set-state')
      const granted = state ? [await setState(deps, node, state, request, records)] : []
      if (!state) await deps.nodes.commit(node, records)
      const answer = [...granted, ...applyProperties(deps, node, records)]
      return { status: 207, xml: writeMultistatus(request.href, [{ status: 200, properties: answer }]) }
    })
  }
}

/** The node; a group or application resource is made by the first PROPPATCH of somebody who may. */
async function nodeFor({ nodes, createPolicy, limits }: PatchDeps, request: RvpRequest): Promise<RvpNode> {
  const known = nodes.find(request.node)
  if (known) return known
  const { principal } = request.identity
  const kind = createPolicy.kindFor(request.node, principal)
  if (!kind) throw new NotFoundError('no such node')
  if (nodes.countOf(principal) >= limits.maxNodesPerOwner) throw new ForbiddenError('too many nodes of one owner')
  return await nodes.create(request.node, { kind, owner: principal })
}

function isAllowed({ limits }: PatchDeps, node: RvpNode, change: PropertyChange): boolean {
  // A state is a user's, and has views; groups and resources have none.
  if (change.kind === 'set-state') return node.kind === 'user'
  if (change.name === propertyNames.state) return false
  if (node.kind === 'user' && directoryNames.has(change.name)) return false
  if (change.kind === 'remove') return true
  // NOTE: RVP §5.5 lets an implementation decline leases of particular properties; only the state has one here.
  if (change.leaseSeconds !== undefined || change.xml.length > limits.maxPropertyLength) return false
  if (change.name === propertyNames.contacts) parseContacts(change.xml)
  // NOTE: these two are shown to watchers' clients, some of which crash on what they do not expect.
  if (change.name === propertyNames.mobileState) return change.xml === '0' || change.xml === '1'
  return change.name !== propertyNames.mobileDescription || !change.xml.includes('<')
}

/** Which properties were refused, and which failed with them (RFC 4918 §9.2.1). */
function refusal(changes: readonly PropertyChange[], refused: readonly PropertyChange[]): readonly Propstat[] {
  const names = (some: readonly PropertyChange[]): NodeProperty[] =>
    [...new Set(some.map(nameOf))].map((name) => ({ name, xml: '' }))
  const dependent = changes.filter((change) => !refused.includes(change))
  const propstats = [
    { status: 403, properties: names(refused) },
    { status: 424, properties: names(dependent) },
  ]
  return propstats.filter(({ properties }) => properties.length > 0)
}

function nameOf(change: PropertyChange): PropertyName {
  return change.kind === 'set-state' ? propertyNames.state : change.name
}

/** What is to be stored of the properties other than the state. Throws ForbiddenError when it is too much. */
function propertyRecords(
  { limits }: PatchDeps,
  node: RvpNode,
  changes: readonly PropertyChange[],
): readonly NodeChange[] {
  const records = changes.flatMap((change): NodeChange[] => {
    if (change.kind === 'set-state') return []
    if (change.kind === 'remove') return [{ kind: 'remove-property', name: change.name }]
    return [{ kind: 'put-property', property: { name: change.name, xml: change.xml } }]
  })
  if (records.length === 0) return records
  const after = new Map(node.properties)
  applyTo(after, records)
  if (after.size > limits.maxProperties || lengthOf(after) > limits.maxPropertiesLength) {
    throw new ForbiddenError('too many properties')
  }
  return records
}

/** Takes stored properties over and tells watchers; gives back what they are now. */
function applyProperties(
  { watches }: PatchDeps,
  node: RvpNode,
  records: readonly NodeChange[],
): readonly NodeProperty[] {
  if (records.length === 0) return []
  applyTo(node.properties, records)
  const names = records.flatMap((record) => {
    if (record.kind === 'put-property') return [record.property.name]
    return record.kind === 'remove-property' ? [record.name] : []
  })
  const properties = [...new Set(names)].map((name) => ({ name, xml: node.properties.get(name) ?? '' }))
  // NOTE: users' watchers are told of states only: real clients read nothing else (client-facts §5, 29).
  if (node.kind !== 'user') {
    watches.announce(node.url, `${node.url} ${names.join(' ')}`, (fromHref, toHref) =>
      writePropNotificationOf({ fromHref, toHref, properties }),
    )
  }
  return properties
}

function applyTo(properties: Map<string, string>, records: readonly NodeChange[]): void {
  for (const record of records) {
    if (record.kind === 'put-property') properties.set(record.property.name, record.property.xml)
    else if (record.kind === 'remove-property') properties.delete(record.name)
  }
}

function lengthOf(properties: ReadonlyMap<string, string>): number {
  let length = 0
  for (const [name, xml] of properties) length += name.length + xml.length
  return length
}

async function setState(
  { presence, devices }: PatchDeps,
  node: RvpNode,
  change: StateReport,
  request: RvpRequest,
  together: readonly NodeChange[],
): Promise<NodeProperty> {
  // Our own clients name their device by its login subscription (docs/protocol/streams.md); others are known by their address.
  const login = parseSubscriptionId(request.header(header.subscriptionId))
  const device = devices.identify(node, { login, view: change.viewId, clientAddress: request.clientAddress })
  const granted = await presence.set(node, change, device, together)
  return { name: propertyNames.state, xml: leasedStateXml({ ...granted, defaultState: 'offline' }) }
}

import {
  type Audience,
  type Clock,
  type Devices,
  type NodeChange,
  type Nodes,
  type Presence,
  type Renaming,
  type ResolveUrl,
  type RvpNode,
  renamedContacts,
  renamedHead,
  renamedSubscription,
  type StoredNode,
  type Subscriptions,
  type WatchTable,
} from '@parley/domain'
import { type LogicalUrl, mergeAccessList, propertyNames } from '@parley/protocol'
import type { RemoteSide } from './remote-side.ts'

export interface NodeRenamingOptions {
  readonly nodes: Nodes
  readonly subscriptions: Subscriptions
  readonly presence: Presence
  readonly devices: Devices
  readonly watches: WatchTable
  readonly audience: Audience
  readonly remote: Pick<RemoteSide, 'arrived'>
  /** Which node a URL in a contact list names. */
  readonly resolve: ResolveUrl
  readonly clock: Clock
}

/** Changes URLs in memory, each node in one step; the caller sees to what is stored. */
export class NodeRenaming {
  readonly #options: NodeRenamingOptions

  constructor(options: NodeRenamingOptions) {
    this.#options = options
  }

  /**
   * Gives a node its new URL, with all that it holds, while it is used: its devices stay where they are. What somebody stored under the new
   * URL before this home heard of the rename becomes part of it. `isServed`: whether its subscriptions have been resumed.
   */
  rename(node: RvpNode, url: LogicalUrl, now: Renaming, isServed: boolean): void {
    const { nodes, subscriptions, presence, audience, remote, watches, clock } = this.#options
    const other = nodes.at(url)
    if (other?.head.formerly === node.url) {
      // It was written before this home was opened, and what is stored under the old URL was left behind.
      nodes.supersede(other, node.url)
      nodes.forget(node)
      return
    }
    const change = (): void => {
      if (other && other !== node) this.#takeOver(node, other, isServed)
      this.#rewriteInMemory(node, now)
      nodes.rename(node, url)
    }
    if (!isServed) {
      change()
      return
    }
    subscriptions.rename(node, () => {
      change()
      presence.resume(node)
      remote.arrived(url)
    })
    audience.arrived(node, clock.now())
    // NOTE: states came for the one that was begun under the new URL, and found no device.
    if (other) for (const device of node.devices) watches.refresh(url, device)
  }

  /** Changes what a node says of others that were renamed. Returns what is to be stored of it. */
  rewrite(node: RvpNode, now: Renaming, isServed: boolean): readonly NodeChange[] {
    const { subscriptions, audience } = this.#options
    const changes: NodeChange[] = []
    const { head, properties } = this.#renamed(node, now)
    const isListed = head !== node.head
    // NOTE: before the watches, which are permitted by it, and of which none may be seen in between by an entry that is not its own.
    node.head = head
    if (isListed) changes.push({ kind: 'put-head', head })
    for (const former of [...node.subscriptions.values()]) {
      const subscription = renamedSubscription(former, now)
      if (subscription === former) continue
      if (isServed) subscriptions.replace(node, former, subscription)
      else node.subscriptions.set(subscription.id, subscription)
      changes.push({ kind: 'put-subscription', subscription })
    }
    if (isListed && isServed) audience.permitAgain(node)
    for (const [name, xml] of properties) {
      node.properties.set(name, xml)
      changes.push({ kind: 'put-property', property: { name, xml } })
    }
    return changes
  }

  /** A stored node with the new URLs. */
  renamedCopy(stored: StoredNode, url: LogicalUrl, now: Renaming): StoredNode {
    return {
      ...stored,
      node: url,
      head: { ...renamedHead(stored.head, now), formerly: stored.node },
      subscriptions: stored.subscriptions.map((one) => renamedSubscription(one, now)),
    }
  }

  #renamed(node: RvpNode, now: Renaming) {
    const name = propertyNames.contacts
    const xml = node.properties.get(name)
    const contacts = xml === undefined ? undefined : renamedContacts(xml, now, this.#options.resolve)
    const properties: [string, string][] = contacts === undefined || contacts === xml ? [] : [[name, contacts]]
    return { head: renamedHead(node.head, now), properties }
  }

  #rewriteInMemory(node: RvpNode, now: Renaming): void {
    const { head, properties } = this.#renamed(node, now)
    node.head = head
    for (const [name, xml] of properties) node.properties.set(name, xml)
    for (const former of [...node.subscriptions.values()]) {
      node.subscriptions.set(former.id, renamedSubscription(former, now))
    }
  }

  /** `other` was begun under the new URL: what it holds is newer. */
  #takeOver(node: RvpNode, other: RvpNode, isServed: boolean): void {
    const { nodes, subscriptions, devices, watches } = this.#options
    const held = other.stored
    if (isServed) {
      devices.letGo(other)
      subscriptions.suspend(other).catch(() => undefined)
      watches.handOver(other.url, other, node)
    }
    nodes.forget(other)
    const acl = mergeAccessList(node.head.acl ?? [], held.head.acl ?? [])
    node.head = { ...node.head, ...held.head, kind: node.kind, ...(acl.length > 0 && { acl }) }
    for (const one of held.subscriptions) node.subscriptions.set(one.id, one)
    for (const view of held.views) node.views.set(view.id, view)
    for (const { name, xml } of held.properties) node.properties.set(name, xml)
  }
}

import type { Audience, Devices, Directory, DomainEvents, Nodes, RvpNode, Subscriptions } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

export interface PersonsOptions {
  readonly nodes: Nodes
  readonly directory: Pick<Directory, 'user'>
  readonly devices: Pick<Devices, 'letGo'>
  readonly subscriptions: Pick<Subscriptions, 'suspend'>
  readonly audience: Pick<Audience, 'changed' | 'end'>
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
}

/** Sees to it that who is given an alias is not given what another person had under it. */
export class Persons {
  readonly #options: PersonsOptions

  constructor(options: PersonsOptions) {
    this.#options = options
  }

  /**
   * Begins the user's node anew if it is another person's, as far as both are known; watchers of that one see it go offline. `isServed`:
   * whether its subscriptions have been resumed.
   */
  check(url: LogicalUrl, isServed: boolean): void {
    const { nodes, directory, events } = this.#options
    const node = nodes.at(url)
    const person = directory.user(url)?.id
    if (node?.kind !== 'user' || person === undefined || node.head.person === person) return
    if (node.head.person === undefined) {
      nodes.claim(node, person)
      return
    }
    if (isServed) this.#end(node)
    const fresh = nodes.replace(node)
    nodes.written(fresh).catch((err: unknown) => events.backgroundFailed('forget whose alias it was before', err))
  }

  #end(node: RvpNode): void {
    const { nodes, devices, subscriptions, audience, events } = this.#options
    const { url } = node
    if (node.published !== 'offline') {
      node.sequence += 1
      audience.changed({ node: url, epoch: nodes.epoch, sequence: node.sequence, state: 'offline' })
    }
    devices.letGo(node, 'over')
    audience.end(url)
    subscriptions.suspend(node).catch((err: unknown) => events.backgroundFailed('forget the watchers of a user', err))
  }
}

import type { HomeName } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

const scheme = 'http://'

/**
 * Every key and channel in Redis, below a prefix (`parley`). `<node>` is a logical URL without its `http://`.
 *
 * | key                             | type    | content                                                                        |
 * |---------------------------------|---------|--------------------------------------------------------------------------------|
 * | `parley:homes`                  | set     | names of the homes that were ever taken                                        |
 * | `parley:node:<node>`            | string  | entry of the directory map: `{"home","kind","name","mail"?,"mark"?}`           |
 * | `parley:{<home>}:epoch`         | string  | the newest epoch, decimal                                                      |
 * | `parley:{<home>}:attempt`       | string  | `<epoch>:<attempt>` of the newest commit (node-store-redis.ts)                  |
 * | `parley:{<home>}:lease`         | string  | `{"epoch","holder":{"id","clusterUrl","clientUrl"?}}`; runs out with the lease |
 * | `parley:{<home>}:node:<node>`   | hash    | what the node holds: `head`, `s:<id>`, `v:<id>`, `p:<name>` (node-fields.ts)   |
 * | `parley:{<home>}:nodes`         | set     | `<node>` of each such hash                                                     |
 * | `parley:{<home>}:users`         | set     | `<node>` of each user that lives there; may name users that have just left     |
 *
 * | channel                         | message                                                                                  |
 * |---------------------------------|------------------------------------------------------------------------------------------|
 * | `parley:leases`                 | name of a home that was taken or released                                                |
 * | `parley:locations`              | JSON array of the `<node>`s whose entries changed                                        |
 *
 * The braces make Redis Cluster keep a home's keys in one slot, so that one script sees them all. Entries of the map have a slot
 * each: a lookup is one GET.
 */
export class RedisKeys {
  /** The set of homes. */
  readonly homes: string
  readonly leasesChannel: string
  readonly locationsChannel: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.homes = `${prefix}:homes`
    this.leasesChannel = `${prefix}:leases`
    this.locationsChannel = `${prefix}:locations`
  }

  /** The node's entry in the directory map. */
  location(node: LogicalUrl): string {
    return `${this.#prefix}:node:${nodePart(node)}`
  }

  /** What SCAN must match to find all entries of the directory map. */
  get locationPattern(): string {
    return `${this.#prefix}:node:*`
  }

  /** The `<node>` of an entry's key. */
  locationPart(key: string): string {
    return key.slice(this.#prefix.length + ':node:'.length)
  }

  epoch(home: HomeName): string {
    return `${this.#home(home)}:epoch`
  }

  /** Which attempt of which epoch the newest commit belongs to; absent until the first one. */
  attempt(home: HomeName): string {
    return `${this.#home(home)}:attempt`
  }

  lease(home: HomeName): string {
    return `${this.#home(home)}:lease`
  }

  /** What the node holds. */
  node(home: HomeName, node: LogicalUrl): string {
    return `${this.#home(home)}:node:${nodePart(node)}`
  }

  /** Index of the nodes that hold anything. */
  nodes(home: HomeName): string {
    return `${this.#home(home)}:nodes`
  }

  /** Index of the users in the directory map. */
  users(home: HomeName): string {
    return `${this.#home(home)}:users`
  }

  #home(home: HomeName): string {
    return `${this.#prefix}:{${home}}`
  }
}

/** How `node` is spelled in keys, indexes and messages. */
export function nodePart(node: LogicalUrl): string {
  return node.slice(scheme.length)
}

/** The URL that a part of a key spells; not checked. */
export function urlOfPart(part: string): string {
  return scheme + part
}

import type { HomeName, SourceId } from '@parley/domain'
import { aliasesPrefix, aliasOf, domainOf, type LogicalUrl, parseLogicalUrl } from '@parley/protocol'

const scheme = 'http://'

/**
 * Every key and channel in Redis, below a prefix (`parley`). `<node>` is a logical URL without its `http://`.
 *
 * | key                             | type    | content                                                                        |
 * |---------------------------------|---------|--------------------------------------------------------------------------------|
 * | `parley:format`                 | string  | `{"format","readers"}`: in which format all this is (StoredFormat)             |
 * | `parley:homes`                  | set     | names of the homes that were ever taken                                        |
 * | `parley:node:<node>`            | string  | entry of the directory map (location-entry.ts)                                 |
 * | `parley:names:<bucket>`         | hash    | what users sign in as -> `<ref>`                                               |
 * | `parley:ids:<bucket>`           | hash    | ids of entries in the directory -> `<ref>`                                     |
 * | `parley:members:<node>`         | string  | JSON array of the `<ref>`s of a directory group's members                      |
 * | `parley:changing`               | hash    | `<node>` of each entry that is being written -> JSON of the old and the new one |
 * | `parley:attempts:<hash>`        | list    | tries of an account's password at the directory: `<ms> <hash of the address>`  |
 * | `parley:{<home>}:epoch`         | string  | the newest epoch, decimal                                                      |
 * | `parley:{<home>}:attempt`       | string  | `<epoch>:<attempt>` of the newest commit (node-store-redis.ts)                  |
 * | `parley:{<home>}:lease`         | string  | `{"epoch","holder":{"id","clusterUrl","clientUrl"?}}`; runs out with the lease |
 * | `parley:{<home>}:node:<node>`   | hash    | what the node holds: `head`, `s:<id>`, `v:<id>`, `p:<name>` (node-fields.ts)   |
 * | `parley:{<home>}:nodes`         | set     | `<node>` of each such hash                                                     |
 * | `parley:{<home>}:users`         | set     | `<node>` of each user that lives there; may name users that have just left     |
 * | `parley:{.sync}:lease`          | string  | who runs `parley sync`; runs out with the lease                                |
 * | `parley:{.sync}:state`          | string  | JSON of SyncState                                                              |
 * | `parley:{.sync}:off`            | hash    | ids of who is switched off for IM -> `<ref>`                                   |
 * | `parley:{.sync}:waiting`        | hash    | ids of entries that wait -> JSON of WaitingEntry                               |
 * | `parley:{.sync}:problems`       | list    | JSON of SourceProblem                                                          |
 * | `parley:{.sync}:former`         | hash    | ids of entries that went -> `<home> <ref>`                                     |
 * | `parley:{.sync}:groups`         | hash    | ids of groups -> JSON array of the ids in them                                 |
 * | `parley:{.people}:words`        | zset    | words of users (people-index.ts)                                               |
 * | `parley:{.people}:facts`        | zset    | words of their attributes, and containers                                      |
 * | `parley:{.renames}:log`         | zset    | `<sequence> <ref> <new ref> <until>`, by sequence                              |
 * | `parley:{.renames}:latest`      | hash    | `<ref>` -> what the log holds of its newest rename                             |
 * | `parley:{.renames}:last`        | string  | the newest sequence                                                            |
 *
 * `<ref>` is `<alias>@<IM domain>` for a user's URL, and `<node>` for all others.
 *
 * | channel                         | message                                                                                  |
 * |---------------------------------|------------------------------------------------------------------------------------------|
 * | `parley:leases`                 | name of a home that was taken or released                                                |
 * | `parley:locations`              | JSON array of the `<node>`s whose entries changed                                        |
 * | `parley:renames`                | nothing: there are new renames                                                           |
 *
 * The braces make Redis Cluster keep a home's keys in one slot, so that one script sees them all; no home's name has a full stop. Entries
 * of the map, and buckets, have a slot each: a lookup is one GET. The index of people has one slot, since a search walks along all of it.
 */
export class RedisKeys {
  /** In which format all that is stored is. */
  readonly format: string
  /** The set of homes. */
  readonly homes: string
  readonly leasesChannel: string
  readonly locationsChannel: string
  readonly renamesChannel: string
  /** Entries whose writing may have come to an untimely end. */
  readonly changing: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.format = `${prefix}:format`
    this.homes = `${prefix}:homes`
    this.changing = `${prefix}:changing`
    this.leasesChannel = `${prefix}:leases`
    this.locationsChannel = `${prefix}:locations`
    this.renamesChannel = `${prefix}:renames`
  }

  /** The node's entry in the directory map. */
  location(node: LogicalUrl): string {
    return this.locationPrefix + nodePart(node)
  }

  /** What the keys of all entries of the directory map start with. */
  get locationPrefix(): string {
    return `${this.#prefix}:node:`
  }

  /** What SCAN must match to find all entries of the directory map. */
  get locationPattern(): string {
    return `${this.locationPrefix}*`
  }

  /** The `<node>` of an entry's key. */
  locationPart(key: string): string {
    return key.slice(this.locationPrefix.length)
  }

  /** The hash in which a name is looked for. */
  names(name: string): string {
    return `${this.#prefix}:names:${hashOf(name) % nameBuckets}`
  }

  /** The hash in which the id of an entry in the directory is looked for. */
  ids(id: SourceId): string {
    return `${this.#prefix}:ids:${hashOf(id) % idBuckets}`
  }

  members(group: LogicalUrl): string {
    return `${this.#prefix}:members:${nodePart(group)}`
  }

  /** Tries of an account's password; `hash` stands for the account. */
  attempts(hash: string): string {
    return `${this.#prefix}:attempts:${hash}`
  }

  /** What `parley sync` keeps. */
  sync(what: 'lease' | 'state' | 'off' | 'waiting' | 'problems' | 'former' | 'groups'): string {
    return `${this.#prefix}:{.sync}:${what}`
  }

  /** The index of people search. */
  people(what: 'words' | 'facts'): string {
    return `${this.#prefix}:{.people}:${what}`
  }

  renames(what: 'log' | 'latest' | 'last'): string {
    return `${this.#prefix}:{.renames}:${what}`
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

/**
 * NOTE: the buckets must stay below Redis' `hash-max-listpack-entries` (512), or a field takes three times the memory: with three or four
 * names a user, 16,384 buckets hold 16 of 75,000 users, and 215 of 1,000,000. Ids are a quarter as many.
 */
const nameBuckets = 16_384
const idBuckets = 4_096

/** How `node` is spelled in keys, indexes and messages. */
export function nodePart(node: LogicalUrl): string {
  return node.slice(scheme.length)
}

/** The node that a part of a key stands for; undefined when it is not the spelling of one. */
export function nodeOfPart(part: string): LogicalUrl | undefined {
  return canonicalNode(scheme + part)
}

/** How `node` is spelled in values of which there are many. */
export function nodeRef(node: LogicalUrl): string {
  const alias = aliasOf(node)
  return alias === undefined ? nodePart(node) : `${alias}@${domainOf(node)}`
}

/** The node that `ref` stands for; undefined when it is not the spelling of one. */
export function nodeOfRef(ref: string): LogicalUrl | undefined {
  const node = nodeOfPart(partOfRef(ref))
  return node && nodeRef(node) === ref ? node : undefined
}

function partOfRef(ref: string): string {
  if (ref.includes('/')) return ref
  const at = ref.lastIndexOf('@')
  return `${ref.slice(at + 1)}${aliasesPrefix}${ref.slice(0, at)}`
}

/** FNV-1a of the UTF-16 code units: spreads evenly, not against whoever wants to defeat it, who must be able to write the directory. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** The node of a text that spells it canonically; undefined for any other. */
export function canonicalNode(text: string): LogicalUrl | undefined {
  try {
    const node = parseLogicalUrl(text)
    return node === text ? node : undefined
  } catch {
    return undefined
  }
}

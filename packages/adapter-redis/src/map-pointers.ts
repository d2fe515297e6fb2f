import { createHash } from 'node:crypto'
import type { MapEntry, SourceId } from '@parley/domain'
import { aliasesPrefix, type LogicalUrl } from '@parley/protocol'
import { nodeOfPart, nodeOfRef, nodeRef } from './keys.ts'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

/** Takes fields out of a hash that still have these values. KEYS: it. ARGV: field, value, … */
const dropScript = script(`
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
`)

/**
 * Follows a field of a hash to an entry of the map. KEYS: the hash. ARGV: field, what the keys of entries start with, path of aliases.
 *
 * NOTE: it reads a key that is not among KEYS, so it is for single servers only.
 */
const followScript = script(`
local ref = redis.call('HGET', KEYS[1], ARGV[1])
if not ref then return false end
local alias, domain = string.match(ref, '^([^/]+)@([^/@]+)$')
local part = alias and domain .. ARGV[3] .. alias or ref
return {part, redis.call('GET', ARGV[2] .. part)}
`)

/** Longer fields and values would turn a small hash into a large one (hash-max-listpack-value). */
const longestField = 64

interface Pointer {
  readonly key: string
  readonly field: string
  readonly ref: string
}

/** Where a name leads: to a node, whose entry is given as it is stored; empty when there is none. */
export interface Followed {
  readonly node: LogicalUrl
  readonly text: string
}

/**
 * Names and ids that lead to entries of the map, in many small hashes, which Redis keeps in a third of the memory of large ones. A name
 * that leads somewhere proves nothing: only the entry does, which is read next in any case.
 */
export class MapPointers {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  /** Has the names and ids of these entries lead to them, also those that led elsewhere. */
  async add(entries: readonly MapEntry[]): Promise<void> {
    const byKey = Map.groupBy(
      entries.flatMap((entry) => this.#pointersOf(entry)),
      ({ key }) => key,
    )
    await Promise.all(
      [...byKey].map(([key, pointers]) =>
        this.#connection.run(key, (client) => client.hset(key, ...pointers.flatMap(({ field, ref }) => [field, ref]))),
      ),
    )
  }

  /** Has the names and ids of an entry lead to it that lead nowhere. */
  async addMissing(entry: MapEntry): Promise<void> {
    await Promise.all(
      this.#pointersOf(entry).map(({ key, field, ref }) =>
        this.#connection.run(key, (client) => client.hsetnx(key, field, ref)),
      ),
    )
  }

  /** Has what a former entry had, and the entry of the node has not now, lead there no more. */
  async drop(former: MapEntry, now: MapEntry | undefined): Promise<void> {
    const place = ({ key, field }: Pointer) => `${key} ${field}`
    const kept = new Set((now ? this.#pointersOf(now) : []).map(place))
    const stale = this.#pointersOf(former).filter((pointer) => !kept.has(place(pointer)))
    await Promise.all(stale.map(({ key, field, ref }) => this.#connection.runScript(dropScript, [key], [field, ref])))
  }

  /** Where a name leads, and what is there: one round trip, or two in a Cluster, where the two have slots of their own. */
  async follow(name: string): Promise<Followed | undefined> {
    const { keys } = this.#connection
    const key = keys.names(name)
    const field = fieldOf(name)
    if (!this.#connection.isCluster) {
      const found = await this.#connection.runScript(followScript, [key], [field, keys.locationPrefix, aliasesPrefix])
      if (!Array.isArray(found)) return undefined
      const node = nodeOfPart(String(found[0]))
      return node && { node, text: typeof found[1] === 'string' ? found[1] : '' }
    }
    const node = nodeOf(await this.#connection.run(key, (client) => client.hget(key, field)))
    if (!node) return undefined
    const entry = keys.location(node)
    return { node, text: (await this.#connection.run(entry, (client) => client.get(entry))) ?? '' }
  }

  /** The nodes that ids lead to. */
  async nodesOf(ids: readonly SourceId[]): Promise<Map<SourceId, LogicalUrl>> {
    const { keys } = this.#connection
    const nodes = new Map<SourceId, LogicalUrl>()
    await Promise.all(
      ids.map(async (id) => {
        const key = keys.ids(id)
        const node = nodeOf(await this.#connection.run(key, (client) => client.hget(key, fieldOf(id))))
        if (node) nodes.set(id, node)
      }),
    )
    return nodes
  }

  #pointersOf({ node, id, names = [] }: MapEntry): Pointer[] {
    const { keys } = this.#connection
    const ref = nodeRef(node)
    const pointers = [...new Set(names)].map((name) => ({ key: keys.names(name), field: fieldOf(name), ref }))
    if (id !== undefined) pointers.push({ key: keys.ids(id), field: fieldOf(id), ref })
    return pointers
  }
}

function fieldOf(text: string): string {
  if (Buffer.byteLength(text) <= longestField) return text
  return `#${createHash('sha256').update(text).digest('base64url')}`
}

function nodeOf(ref: string | null): LogicalUrl | undefined {
  return ref === null ? undefined : nodeOfRef(ref)
}

import { createHash } from 'node:crypto'
import type { MapEntry, SourceId } from '@parley/domain'
import { aliasesPrefix, type LogicalUrl } from '@parley/protocol'
import { nodeOfPart, nodeOfRef, nodeRef } from './keys.ts'
import type { KeyStep, RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

/** Sets a field of each hash. KEYS: hashes. ARGV: for each field, value. */
const setScript = script(`
for i = 1, #KEYS do redis.call('HSET', KEYS[i], ARGV[2 * i - 1], ARGV[2 * i]) end
return {}
`)

/** Sets a field of each hash that is not there. KEYS: hashes. ARGV: for each field, value. */
const setMissingScript = script(`
for i = 1, #KEYS do redis.call('HSETNX', KEYS[i], ARGV[2 * i - 1], ARGV[2 * i]) end
return {}
`)

/** Takes a field out of each hash that still has this value. KEYS: hashes. ARGV: for each field, value. */
const dropScript = script(`
for i = 1, #KEYS do
  if redis.call('HGET', KEYS[i], ARGV[2 * i - 1]) == ARGV[2 * i] then redis.call('HDEL', KEYS[i], ARGV[2 * i - 1]) end
end
return {}
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

/** Longer fields would turn a small hash into a large one (hash-max-listpack-value). */
const longestField = 64

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
    await this.#connection.writeEach(
      setScript,
      entries.flatMap((entry) => this.#stepsOf(entry)),
    )
  }

  /** Has the names and ids of an entry lead to it that lead nowhere. */
  async addMissing(entry: MapEntry): Promise<void> {
    await this.#connection.writeEach(setMissingScript, this.#stepsOf(entry))
  }

  /** Has what former entries had, and those of their nodes now have not, lead there no more. */
  async drop(changes: readonly (readonly [former: MapEntry, now: MapEntry | undefined])[]): Promise<void> {
    const stale = changes.flatMap(([former, now]) => {
      const place = ({ key, args: [field] }: KeyStep) => `${key} ${field}`
      const kept = new Set((now ? this.#stepsOf(now) : []).map(place))
      return this.#stepsOf(former).filter((step) => !kept.has(place(step)))
    })
    await this.#connection.writeEach(dropScript, stale)
  }

  /** Where a name leads, and what is there: one round trip, or two in a Cluster, where the two have slots of their own. */
  async follow(name: string): Promise<Followed | undefined> {
    const { keys } = this.#connection
    const key = keys.names(name)
    const field = fieldOf(name)
    if (!this.#connection.isCluster) {
      const args = [field, keys.locationPrefix, aliasesPrefix]
      const found = await this.#connection.runScript(followScript, [key], args)
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

  #stepsOf({ node, id, names = [] }: MapEntry): KeyStep[] {
    const { keys } = this.#connection
    const ref = nodeRef(node)
    const steps = [...new Set(names)].map((name) => ({ key: keys.names(name), args: [fieldOf(name), ref] }))
    return id === undefined ? steps : [...steps, { key: keys.ids(id), args: [fieldOf(id), ref] }]
  }
}

function fieldOf(text: string): string {
  if (Buffer.byteLength(text) <= longestField) return text
  return `#${createHash('sha256').update(text).digest('base64url')}`
}

function nodeOf(ref: string | null): LogicalUrl | undefined {
  return ref === null ? undefined : nodeOfRef(ref)
}

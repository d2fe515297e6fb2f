import type { HomeName, Locations, LocationWriter, NodeLocation } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { Cluster } from 'ioredis'
import { z } from 'zod'
import { nodePart, urlOfPart } from './keys.ts'
import { readLocation, writeLocation } from './location-entry.ts'
import { canonicalNode } from './node-fields.ts'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'
import { script } from './script.ts'

/** Replaces a text if it is the expected one; otherwise returns what there is. Empty stands for no key. KEYS: it. ARGV: expected, next. */
const replaceScript = script(`
local held = redis.call('GET', KEYS[1]) or ''
if held ~= ARGV[1] then return held end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return false
`)

const atOnce = 500
const mostTries = 10
const messageSchema = z.array(z.string()).max(10_000)

/**
 * The directory map. An entry is the truth of where its node lives. Entry and indexes are of different slots, so an index may name users
 * that live elsewhere, but it lacks none: it is added to before the entry changes, cleaned afterwards, and filtered when it is read.
 *
 * NOTE: a write whose answer was lost may reach Redis late. It then does nothing unless the entry is to the letter what it was when the
 * write was sent. Moves compare a mark that is never used twice; names that went forth and back meanwhile are put right by the next
 * publication.
 */
export class LocationsRedis implements Locations, LocationWriter {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async locate(node: LogicalUrl): Promise<NodeLocation | undefined> {
    const text = await this.#text(node)
    return text === '' ? undefined : this.#read(node, text)
  }

  async *usersOf(home: HomeName): AsyncIterable<NodeLocation> {
    const index = this.#connection.keys.users(home)
    const seen = new Set<string>()
    let cursor = '0'
    do {
      const [next, parts] = await this.#connection.run(index, (client) => client.sscan(index, cursor, 'COUNT', atOnce))
      cursor = next
      for await (const location of this.#entries(parts, seen))
        if (location.kind === 'user' && location.home === home) yield location
    } while (cursor !== '0')
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    await this.#addToIndexes([location])
    const held = await this.#replace(location.node, '', writeLocation(location))
    if (held === undefined) {
      await this.#tell([location.node])
      return location
    }
    const first = this.#read(location.node, held)
    if (first.home !== location.home) await this.#removeFromIndex(location.home, location.node)
    return first
  }

  async mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries++) {
      const text = await this.#text(node)
      const location = text === '' ? undefined : this.#read(node, text)
      if (location?.home !== home) return false
      if ((await this.#replace(node, text, writeLocation(location, mark))) === undefined) return true
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries++) {
      const text = await this.#text(node)
      const location = text === '' ? undefined : this.#read(node, text)
      if (location?.home !== from || (mark !== undefined && location.mark !== mark)) return false
      const moved = { ...location, home: to }
      await this.#addToIndexes([moved])
      if ((await this.#replace(node, text, writeLocation(moved))) === undefined) {
        await this.#tell([node])
        if (from !== to) await this.#removeFromIndex(from, node)
        return true
      }
      await this.#removeFromIndex(to, node)
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async put(locations: readonly NodeLocation[]): Promise<void> {
    for (let start = 0; start < locations.length; start += atOnce) {
      const some = locations.slice(start, start + atOnce)
      await this.#addToIndexes(some)
      await Promise.all(some.map((location) => this.#put(location)))
      await this.#tell(some.map(({ node }) => node))
    }
  }

  async remove(nodes: readonly LogicalUrl[]): Promise<void> {
    for (let start = 0; start < nodes.length; start += atOnce) {
      const some = nodes.slice(start, start + atOnce)
      await Promise.all(some.map((node) => this.#remove(node)))
      await this.#tell(some)
    }
  }

  /** NOTE: a scan of all keys; it may miss what comes and goes meanwhile, never what stays. */
  async *all(): AsyncIterable<NodeLocation> {
    const { keys } = this.#connection
    const servers = await this.#connection.run(keys.locationPattern, async (client) =>
      client instanceof Cluster ? client.nodes('master') : [client],
    )
    const seen = new Set<string>()
    for (const server of servers) {
      let cursor = '0'
      do {
        const [next, found] = await this.#connection.run(keys.locationPattern, () =>
          server.scan(cursor, 'MATCH', keys.locationPattern, 'COUNT', atOnce),
        )
        cursor = next
        yield* this.#entries(
          found.map((key) => keys.locationPart(key)),
          seen,
        )
      } while (cursor !== '0')
    }
  }

  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    return this.#connection.listen(this.#connection.keys.locationsChannel, (message) =>
      listener(message === undefined ? undefined : nodesOf(message)),
    )
  }

  async #put(location: NodeLocation): Promise<void> {
    const { node } = location
    let { home } = location
    let expected = await this.#text(node)
    for (let tries = 0; tries < mostTries; tries++) {
      const former = readLocation(node, expected)
      const held = await this.#replace(node, expected, writeLocation({ ...location, home }))
      if (held === undefined) {
        if (former && former.home !== home) await this.#removeFromIndex(former.home, node)
        if (home !== location.home) await this.#removeFromIndex(location.home, node)
        return
      }
      // Somebody moves the node meanwhile: it lives where that one says.
      const now = readLocation(node, held)
      if (former && now && now.home !== former.home) home = now.home
      expected = held
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async #remove(node: LogicalUrl): Promise<void> {
    let expected = await this.#text(node)
    for (let tries = 0; tries < mostTries && expected !== ''; tries++) {
      const held = await this.#replace(node, expected, '')
      if (held === undefined) {
        const former = readLocation(node, expected)
        if (former) await this.#removeFromIndex(former.home, node)
        return
      }
      expected = held
    }
  }

  /** The entry as it is stored; empty when there is none. */
  async #text(node: LogicalUrl): Promise<string> {
    const key = this.#connection.keys.location(node)
    return (await this.#connection.run(key, (client) => client.get(key))) ?? ''
  }

  #read(node: LogicalUrl, text: string): NodeLocation {
    const location = readLocation(node, text)
    if (location) return location
    const key = this.#connection.keys.location(node)
    const detail = `the key "${key}" in Redis holds no entry of the directory map: publish the users again ("parley user publish"), or delete it`
    this.#connection.condition.problem(key, detail, 'write')
    throw unavailable(detail)
  }

  /** Undefined when it was replaced, else what is there instead. */
  async #replace(node: LogicalUrl, expected: string, next: string): Promise<string | undefined> {
    const held = await this.#connection.write(replaceScript, [this.#connection.keys.location(node)], [expected, next])
    // What we find may be our own: of an earlier try whose answer was lost.
    return typeof held !== 'string' || held === next ? undefined : held
  }

  async *#entries(parts: readonly string[], seen: Set<string>): AsyncIterable<NodeLocation> {
    // A scan may name the same twice.
    const nodes = [...new Set(parts)].filter((part) => !seen.has(part)).map((part) => canonicalNode(urlOfPart(part)))
    for (const part of parts) seen.add(part)
    const locations = await Promise.all(nodes.map((node) => (node ? this.locate(node) : undefined)))
    yield* locations.filter((location) => location !== undefined)
  }

  async #addToIndexes(locations: readonly NodeLocation[]): Promise<void> {
    const users = locations.filter(({ kind }) => kind === 'user')
    const byHome = Map.groupBy(users, ({ home }) => home)
    await Promise.all(
      [...byHome].map(([home, those]) => {
        const index = this.#connection.keys.users(home)
        return this.#connection.run(index, (client) => client.sadd(index, ...those.map(({ node }) => nodePart(node))))
      }),
    )
  }

  /** NOTE: the node may just have come back to the home, so that its entry is looked at once more. */
  async #removeFromIndex(home: HomeName, node: LogicalUrl): Promise<void> {
    const index = this.#connection.keys.users(home)
    if ((await this.#connection.run(index, (client) => client.srem(index, nodePart(node)))) === 0) return
    const now = readLocation(node, await this.#text(node))
    if (now?.home === home) await this.#addToIndexes([now])
  }

  async #tell(nodes: readonly LogicalUrl[]): Promise<void> {
    const { locationsChannel } = this.#connection.keys
    const message = JSON.stringify(nodes.map(nodePart))
    await this.#connection.run(locationsChannel, (client) => client.publish(locationsChannel, message))
  }
}

/** The nodes that a message names; undefined for a message that is not ours, which may stand for anything. */
function nodesOf(message: string): readonly LogicalUrl[] | undefined {
  try {
    const nodes = messageSchema.parse(JSON.parse(message)).map((part) => canonicalNode(urlOfPart(part)))
    return nodes.every((node) => node !== undefined) ? nodes : undefined
  } catch {
    return undefined
  }
}

import type { HomeName, Locations, LocationWriter, MapEntry, NodeLocation } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { Cluster } from 'ioredis'
import { z } from 'zod'
import { nodeOfPart, nodeOfRef, nodePart, nodeRef } from './keys.ts'
import { readEntry, readLocation, withLocation, writeEntry } from './location-entry.ts'
import { MapPointers } from './map-pointers.ts'
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
const membersSchema = z.array(z.string()).max(10_000)
const changingSchema = z.tuple([z.string(), z.string()])

/** An entry that is to be replaced, or removed if there is no new one; `former` as it is stored, empty for none. */
interface Change {
  readonly node: LogicalUrl
  readonly entry: MapEntry | undefined
  readonly former: string
}

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
  readonly #pointers: MapPointers

  constructor(connection: RedisConnection) {
    this.#connection = connection
    this.#pointers = new MapPointers(connection)
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
      for (const [node, text] of await this.#texts(parts, seen)) {
        const location = this.#read(node, text)
        if (location.kind === 'user' && location.home === home) yield location
      }
    } while (cursor !== '0')
  }

  /** NOTE: one round trip, two in a Cluster. A name whose entry does not bear it (any more) is nobody's. */
  async named(name: string): Promise<LogicalUrl | undefined> {
    const found = await this.#pointers.follow(name)
    if (!found || found.text === '') return undefined
    return this.#readEntry(found.node, found.text).names?.includes(name) ? found.node : undefined
  }

  async entry(node: LogicalUrl): Promise<MapEntry | undefined> {
    const text = await this.#text(node)
    return text === '' ? undefined : this.#readEntry(node, text)
  }

  async membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined> {
    const key = this.#connection.keys.members(group)
    const text = await this.#connection.run(key, (client) => client.get(key))
    if (text === null) return undefined
    const members = nodesOf(text, membersSchema, nodeOfRef)
    if (members) return members
    throw this.#connection.nonsense(
      key,
      'holds no members of a group: delete it, and have "parley sync" read the directory again',
    )
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    await this.#addToIndexes([location])
    const held = await this.#replace(location.node, '', writeEntry(location))
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
      if ((await this.#replace(node, text, withLocation(text, location, mark))) === undefined) return true
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
      if ((await this.#replace(node, text, withLocation(text, moved))) === undefined) {
        await this.#tell([node])
        if (from !== to) await this.#removeFromIndex(from, node)
        return true
      }
      await this.#removeFromIndex(to, node)
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async put(entries: readonly MapEntry[]): Promise<void> {
    await this.mend()
    for (let start = 0; start < entries.length; start += atOnce) {
      const some = entries.slice(start, start + atOnce)
      const changes = await this.#begin(some.map((entry) => [entry.node, entry]))
      await Promise.all([this.#addToIndexes(some), this.#pointers.add(some)])
      await Promise.all(changes.map((change) => this.#put(change)))
      await this.#end(changes)
    }
  }

  async remove(nodes: readonly LogicalUrl[]): Promise<void> {
    await this.mend()
    for (let start = 0; start < nodes.length; start += atOnce) {
      const some = nodes.slice(start, start + atOnce)
      const changes = await this.#begin(some.map((node) => [node, undefined]))
      await Promise.all(changes.map((change) => this.#remove(change)))
      await this.#end(changes)
    }
  }

  async putMembers(group: LogicalUrl, members: readonly LogicalUrl[]): Promise<void> {
    const key = this.#connection.keys.members(group)
    const text = JSON.stringify(members.map(nodeRef))
    await this.#connection.run(key, (client) => client.set(key, text))
    await this.#tell([group])
  }

  /** NOTE: a scan of all keys; it may miss what comes and goes meanwhile, never what stays. */
  async *all(): AsyncIterable<MapEntry> {
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
        const parts = found.map((key) => keys.locationPart(key))
        for (const [node, text] of await this.#texts(parts, seen)) yield this.#readEntry(node, text)
      } while (cursor !== '0')
    }
  }

  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    return this.#connection.listen(this.#connection.keys.locationsChannel, (message) =>
      listener(message === undefined ? undefined : nodesOf(message, messageSchema)),
    )
  }

  /**
   * Notes what the entries are and will be, so that whoever writes next can finish what this process leaves half done. Gives them as they
   * are stored now.
   */
  async #begin(changes: readonly (readonly [LogicalUrl, MapEntry | undefined])[]): Promise<Change[]> {
    const { changing } = this.#connection.keys
    const all = await Promise.all(
      changes.map(async ([node, entry]): Promise<Change> => ({ node, entry, former: await this.#text(node) })),
    )
    const notes = all.flatMap(({ node, entry, former }) => [
      nodePart(node),
      JSON.stringify([former, entry ? writeEntry(entry) : '']),
    ])
    await this.#connection.run(changing, (client) => client.hset(changing, ...notes))
    return all
  }

  /** NOTE: a note that is gone was taken for that of somebody who died, and what was half done then was undone. */
  async #end(changes: readonly Change[]): Promise<void> {
    const { changing } = this.#connection.keys
    const parts = changes.map(({ node }) => nodePart(node))
    const left = await this.#connection.run(changing, (client) => client.hdel(changing, ...parts))
    if (left < new Set(parts).size)
      await Promise.all(changes.map(({ node, entry, former }) => this.#mendOne(node, [readEntry(node, former), entry])))
    await this.#tell(changes.map(({ node }) => node))
  }

  /** Has what finds an entry agree with it where somebody was interrupted, as every writer does before it begins. */
  async mend(): Promise<void> {
    const { changing } = this.#connection.keys
    const notes = Object.entries(await this.#connection.run(changing, (client) => client.hgetall(changing)))
    for (const [part, note] of notes) {
      const node = nodeOfPart(part)
      if (node) await this.#mendOne(node, readNote(node, note))
      await this.#connection.run(changing, (client) => client.hdel(changing, part))
      if (node) await this.#tell([node])
    }
  }

  async #mendOne(node: LogicalUrl, others: readonly (MapEntry | undefined)[]): Promise<void> {
    const now = readEntry(node, await this.#text(node))
    if (now) await Promise.all([this.#addToIndexes([now]), this.#pointers.addMissing(now)])
    else await this.#removeMembers(node)
    for (const other of others) {
      if (!other) continue
      await this.#pointers.drop(other, now)
      if (other.home !== now?.home) await this.#removeFromIndex(other.home, node)
    }
  }

  async #put({ node, entry, former }: Change): Promise<void> {
    if (!entry) return
    let { home } = entry
    let expected = former
    for (let tries = 0; tries < mostTries; tries++) {
      const before = readEntry(node, expected)
      const held = await this.#replace(node, expected, writeEntry({ ...entry, home }))
      if (held === undefined) {
        if (before) await this.#pointers.drop(before, entry)
        if (before && before.home !== home) await this.#removeFromIndex(before.home, node)
        if (home !== entry.home) await this.#removeFromIndex(entry.home, node)
        return
      }
      // Somebody moves the node meanwhile: it lives where that one says.
      const now = readLocation(node, held)
      if (before && now && now.home !== before.home) home = now.home
      expected = held
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async #remove({ node, former }: Change): Promise<void> {
    let expected = former
    for (let tries = 0; tries < mostTries && expected !== ''; tries++) {
      const held = await this.#replace(node, expected, '')
      if (held === undefined) {
        const before = readEntry(node, expected)
        if (before)
          await Promise.all([this.#pointers.drop(before, undefined), this.#removeFromIndex(before.home, node)])
        break
      }
      expected = held
    }
    await this.#removeMembers(node)
  }

  async #removeMembers(group: LogicalUrl): Promise<void> {
    const key = this.#connection.keys.members(group)
    await this.#connection.run(key, (client) => client.del(key))
  }

  /** The entry as it is stored; empty when there is none. */
  async #text(node: LogicalUrl): Promise<string> {
    const key = this.#connection.keys.location(node)
    return (await this.#connection.run(key, (client) => client.get(key))) ?? ''
  }

  #read(node: LogicalUrl, text: string): NodeLocation {
    return readLocation(node, text) ?? this.#noEntry(node)
  }

  #readEntry(node: LogicalUrl, text: string): MapEntry {
    return readEntry(node, text) ?? this.#noEntry(node)
  }

  #noEntry(node: LogicalUrl): never {
    throw this.#connection.nonsense(
      this.#connection.keys.location(node),
      'holds no entry of the directory map: publish the users again ("parley user publish"), or delete it',
    )
  }

  /** Undefined when it was replaced, else what is there instead. */
  async #replace(node: LogicalUrl, expected: string, next: string): Promise<string | undefined> {
    const held = await this.#connection.write(replaceScript, [this.#connection.keys.location(node)], [expected, next])
    // What we find may be our own: of an earlier try whose answer was lost.
    return typeof held !== 'string' || held === next ? undefined : held
  }

  /** Entries as they are stored that have not been `seen` yet: a scan may name the same twice. */
  async #texts(parts: readonly string[], seen: Set<string>): Promise<[LogicalUrl, string][]> {
    const fresh = [...new Set(parts)].filter((part) => !seen.has(part))
    for (const part of fresh) seen.add(part)
    const nodes = fresh.map((part) => nodeOfPart(part)).filter((node) => node !== undefined)
    const found = await Promise.all(
      nodes.map(async (node): Promise<[LogicalUrl, string]> => [node, await this.#text(node)]),
    )
    return found.filter(([, text]) => text !== '')
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

/** The nodes of a JSON array; undefined for anything else. */
function nodesOf(
  text: string,
  schema: z.ZodType<string[]>,
  nodeOf: (member: string) => LogicalUrl | undefined = nodeOfPart,
): readonly LogicalUrl[] | undefined {
  try {
    const nodes = schema.parse(JSON.parse(text)).map((member) => nodeOf(member))
    return nodes.every((node) => node !== undefined) ? nodes : undefined
  } catch {
    return undefined
  }
}

/** The old and the new entry of a note; none when it holds something else. */
function readNote(node: LogicalUrl, note: string): readonly (MapEntry | undefined)[] {
  try {
    return changingSchema.parse(JSON.parse(note)).map((text) => readEntry(node, text))
  } catch {
    return []
  }
}

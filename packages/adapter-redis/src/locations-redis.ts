import {
  type HomeName,
  type Locations,
  type LocationWriter,
  locationOf,
  type MapEntry,
  type NodeLocation,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { Cluster } from 'ioredis'
import { z } from 'zod'
import { HomeUsers } from './home-users.ts'
import { nodeOfPart, nodeOfRef, nodePart, nodeRef } from './keys.ts'
import { readEntry, readLocation, withLocation, writeEntry } from './location-entry.ts'
import { MapEntries, type Replaced } from './map-entries.ts'
import { type EntryChange, MapJournal } from './map-journal.ts'
import { MapPointers } from './map-pointers.ts'
import { PeopleIndex } from './people-index.ts'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'

const atOnce = 500
const mostTries = 10
const messageSchema = z.array(z.string()).max(10_000)
const membersSchema = z.array(z.string()).max(10_000)

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
  readonly #entries: MapEntries
  readonly #users: HomeUsers
  readonly #pointers: MapPointers
  readonly #people: PeopleIndex
  readonly #journal: MapJournal

  constructor(connection: RedisConnection) {
    this.#connection = connection
    this.#entries = new MapEntries(connection)
    this.#users = new HomeUsers(connection)
    this.#pointers = new MapPointers(connection)
    this.#people = new PeopleIndex(connection)
    this.#journal = new MapJournal(connection)
  }

  async locate(node: LogicalUrl): Promise<NodeLocation | undefined> {
    const text = await this.#entries.text(node)
    return text === '' ? undefined : this.#entries.location(node, text)
  }

  async *usersOf(home: HomeName): AsyncIterable<NodeLocation> {
    const index = this.#connection.keys.users(home)
    const seen = new Set<string>()
    let cursor = '0'
    do {
      const [next, parts] = await this.#connection.run(index, (client) => client.sscan(index, cursor, 'COUNT', atOnce))
      cursor = next
      for (const location of this.#entries.readableLocations(await this.#entries.fresh(parts, seen)))
        if (location.kind === 'user' && location.home === home) yield location
    } while (cursor !== '0')
  }

  /** NOTE: one round trip, two in a Cluster. A name whose entry does not bear it (any more) is nobody's. */
  async named(name: string): Promise<NodeLocation | undefined> {
    const found = await this.#pointers.follow(name)
    if (!found || found.text === '') return undefined
    const entry = this.#entries.entry(found.node, found.text)
    return entry.names?.includes(name) ? locationOf(entry) : undefined
  }

  async entry(node: LogicalUrl): Promise<MapEntry | undefined> {
    const text = await this.#entries.text(node)
    return text === '' ? undefined : this.#entries.entry(node, text)
  }

  /** Of each node what the map knows; undefined where there is nothing, or nothing that can be read. */
  async entries(nodes: readonly LogicalUrl[]): Promise<(MapEntry | undefined)[]> {
    const texts = await this.#entries.texts(nodes)
    return nodes.map((node, at) => readEntry(node, texts[at] ?? ''))
  }

  async membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined> {
    const key = this.#connection.keys.members(group)
    const text = await this.#connection.run(key, (client) => client.get(key))
    if (text === null) return undefined
    const members = nodesOf(text, membersSchema, nodeOfRef)
    if (members) {
      this.#connection.sense(() => key)
      return members
    }
    throw this.#connection.nonsense(
      key,
      'holds no members of a group: delete it, and have "parley sync" read the directory again',
      'lasting',
    )
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    await this.#users.add([location])
    const held = await this.#entries.replace(location.node, '', writeEntry(location))
    if (held === undefined) {
      await this.#tell([location.node])
      return location
    }
    const first = this.#entries.location(location.node, held)
    if (first.home !== location.home) await this.#removeFromIndex(location.home, location.node)
    return first
  }

  async mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries++) {
      const text = await this.#entries.text(node)
      const location = text === '' ? undefined : this.#entries.location(node, text)
      if (location?.home !== home) return false
      if ((await this.#entries.replace(node, text, withLocation(text, location, mark))) === undefined) return true
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  async move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries++) {
      const text = await this.#entries.text(node)
      const location = text === '' ? undefined : this.#entries.location(node, text)
      if (location?.home !== from || (mark !== undefined && location.mark !== mark)) return false
      const moved = { ...location, home: to }
      await this.#users.add([moved])
      if ((await this.#entries.replace(node, text, withLocation(text, moved))) === undefined) {
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
      // NOTE: of one node the last one counts.
      const some = new Map(entries.slice(start, start + atOnce).map((entry) => [entry.node, entry]))
      await this.#change([...some.keys()], some)
    }
  }

  async remove(nodes: readonly LogicalUrl[]): Promise<void> {
    await this.mend()
    for (let start = 0; start < nodes.length; start += atOnce)
      await this.#change([...new Set(nodes.slice(start, start + atOnce))], new Map())
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
        yield* this.#entries.readable(await this.#entries.fresh(parts, seen))
      } while (cursor !== '0')
    }
  }

  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    return this.#connection.listen(this.#connection.keys.locationsChannel, (message) =>
      listener(message === undefined ? undefined : nodesOf(message, messageSchema)),
    )
  }

  /** Has what finds an entry agree with it where a writer was interrupted; every writer does so before it begins. */
  async mend(): Promise<void> {
    for (const { node, entries } of await this.#journal.take()) {
      await this.#mend(node, entries)
      await this.#journal.forget([node])
      await this.#tell([node])
    }
  }

  async #mend(node: LogicalUrl, others: readonly MapEntry[]): Promise<void> {
    let text = await this.#entries.text(node)
    for (let tries = 0; tries < mostTries; tries++) {
      const now = readEntry(node, text)
      if (now) await Promise.all([this.#users.add([now]), this.#pointers.addMissing(now), this.#people.add([now])])
      else await this.#removeMembers([node])
      await this.#drop(others.map((other) => [other, now]))
      const last = text
      text = await this.#entries.text(node)
      if (text === last) return
    }
    throw unavailable(`the entry of ${node} changes all the time`)
  }

  /** Replaces the entries of these nodes by those that are given, and removes the others. */
  async #change(nodes: readonly LogicalUrl[], next: ReadonlyMap<LogicalUrl, MapEntry>): Promise<void> {
    const texts = await this.#entries.texts(nodes)
    const changes = await Promise.all(
      nodes.map(async (node, at): Promise<EntryChange> => {
        const former = texts[at] ?? ''
        return { node, entry: await this.#atHome(next.get(node), former), former }
      }),
    )
    await this.#journal.begin(changes)
    const entries = changes.flatMap(({ entry }) => entry ?? [])
    await Promise.all([this.#users.add(entries), this.#pointers.add(entries), this.#people.add(entries)])
    await this.#drop(await this.#entries.replaceAll(changes))
    await this.#removeMembers(nodes.filter((node) => !next.has(node)))
    for (const { node, entry, former } of await this.#journal.end(changes)) {
      await this.#mend(
        node,
        [readEntry(node, former), entry].filter((each) => each !== undefined),
      )
      await this.#journal.forget([node])
    }
    await this.#tell(nodes)
  }

  /** NOTE: where nobody can read any more where a user lives, the index of users may know: what the user has is there. */
  async #atHome(entry: MapEntry | undefined, former: string): Promise<MapEntry | undefined> {
    if (entry?.kind !== 'user' || former === '' || readLocation(entry.node, former)) return entry
    const home = await this.#users.onlyHomeOf(entry.node)
    return home === undefined ? entry : { ...entry, home }
  }

  /** Takes out what finds former entries, unless it finds those of now. */
  async #drop(replaced: readonly Replaced[]): Promise<void> {
    await Promise.all([
      this.#pointers.drop(replaced),
      this.#people.drop(replaced),
      ...replaced.map(async ([former, now]) => {
        if (former.home !== now?.home || now.kind !== 'user') await this.#removeFromIndex(former.home, former.node)
      }),
    ])
  }

  async #removeMembers(groups: readonly LogicalUrl[]): Promise<void> {
    await Promise.all(
      groups.map((group) => {
        const key = this.#connection.keys.members(group)
        return this.#connection.run(key, (client) => client.del(key))
      }),
    )
  }

  /** NOTE: the node may just have come back to the home, so that its entry is looked at once more. */
  async #removeFromIndex(home: HomeName, node: LogicalUrl): Promise<void> {
    if (!(await this.#users.remove(home, node))) return
    const now = readLocation(node, await this.#entries.text(node))
    if (now?.home === home) await this.#users.add([now])
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

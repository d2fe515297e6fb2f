import type { MapEntry, NodeLocation } from '@parley/domain'
import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import { nodeOfPart } from './keys.ts'
import { readEntry, readLocation, writeEntry } from './location-entry.ts'
import type { EntryChange } from './map-journal.ts'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'
import { script } from './script.ts'

/** Replaces each text that is the expected one, and gives what there is otherwise. Empty stands for no key. KEYS: texts. ARGV: for each expected, next. */
const replaceScript = script(`
local replies = {}
for i = 1, #KEYS do
  local expected, next = ARGV[2 * i - 1], ARGV[2 * i]
  local held = redis.call('GET', KEYS[i]) or ''
  if held ~= expected then replies[i] = held
  else
    replies[i] = false
    if next == '' then redis.call('DEL', KEYS[i]) else redis.call('SET', KEYS[i], next) end
  end
end
return replies
`)

const mostTries = 10

/** A former entry, and what there is instead. */
export type Replaced = readonly [former: MapEntry, now: MapEntry | undefined]

/** Entries of the map as they are stored: each is compared and replaced in one step. */
export class MapEntries {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  /** The entry as it is stored; empty when there is none. */
  async text(node: LogicalUrl): Promise<string> {
    const key = this.#connection.keys.location(node)
    return (await this.#connection.run(key, (client) => client.get(key))) ?? ''
  }

  /** NOTE: at once where one server has all entries; in a Cluster each has a slot of its own. */
  async texts(nodes: readonly LogicalUrl[]): Promise<string[]> {
    if (this.#connection.isCluster || nodes.length === 0) return await Promise.all(nodes.map((node) => this.text(node)))
    const keys = nodes.map((node) => this.#connection.keys.location(node))
    const texts = await this.#connection.run(keys[0] ?? '', (client) => client.mget(keys))
    return texts.map((text) => text ?? '')
  }

  /** Reads what is stored; throws UnavailableError, and tells, when that is no entry. */
  location(node: LogicalUrl, text: string): NodeLocation {
    return this.#read(node, text, readLocation)
  }

  /** Reads what is stored as a whole; throws UnavailableError, and tells, when that is no entry. */
  entry(node: LogicalUrl, text: string): MapEntry {
    return this.#read(node, text, readEntry)
  }

  /** Reads many: those that are no entries are told, and passed over, since they are no reason to leave all others alone. */
  readable(stored: readonly (readonly [LogicalUrl, string])[]): MapEntry[] {
    return readable(stored, (node, text) => this.entry(node, text))
  }

  /** The same, but only where the nodes live. */
  readableLocations(stored: readonly (readonly [LogicalUrl, string])[]): NodeLocation[] {
    return readable(stored, (node, text) => this.location(node, text))
  }

  /** Replaces the text of an entry, or removes or adds it: empty stands for none. Undefined when it was `expected`, else what is there. */
  async replace(node: LogicalUrl, expected: string, next: string): Promise<string | undefined> {
    const key = this.#connection.keys.location(node)
    const [held] = await this.#connection.writeEach(replaceScript, [{ key, args: [expected, next] }])
    // What we find may be our own: of an earlier try whose answer was lost.
    return typeof held !== 'string' || held === next ? undefined : held
  }

  /** Entries as they are stored that have not been `seen` yet: a scan may name the same twice. */
  async fresh(parts: readonly string[], seen: Set<string>): Promise<[LogicalUrl, string][]> {
    const fresh = [...new Set(parts)].filter((part) => !seen.has(part))
    for (const part of fresh) seen.add(part)
    const nodes = fresh.map(nodeOfPart).filter((node) => node !== undefined)
    const texts = await this.texts(nodes)
    return nodes.map((node, at): [LogicalUrl, string] => [node, texts[at] ?? '']).filter(([, text]) => text !== '')
  }

  /** Replaces entries whatever they are by now. Resolves with those that are no more, each with what there is instead. */
  async replaceAll(changes: readonly EntryChange[]): Promise<Replaced[]> {
    const replaced: Replaced[] = []
    let left = changes
    for (let tries = 0; tries < mostTries && left.length > 0; tries++) {
      const steps = left.map(({ node, entry, former }) => ({
        key: this.#connection.keys.location(node),
        args: [former, entry ? writeEntry(entry) : ''],
      }))
      const replies = await this.#connection.writeEach(replaceScript, steps)
      left = left.flatMap((change, at): EntryChange[] => {
        const { node, entry, former } = change
        const held = replies[at]
        const before = readEntry(node, former)
        // What we find may be our own: of an earlier try whose answer was lost.
        if (typeof held !== 'string' || held === steps[at]?.args[1]) {
          if (before) replaced.push([before, entry])
          return []
        }
        // Somebody moves the node meanwhile: it lives where that one says.
        const now = readLocation(node, held)
        const isMoved = entry && before && now && now.home !== before.home
        if (isMoved) replaced.push([entry, { ...entry, home: now.home }])
        return [{ node, entry: isMoved ? { ...entry, home: now.home } : entry, former: held }]
      })
    }
    if (left[0]) throw unavailable(`the entry of ${left[0].node} changes all the time`)
    return replaced
  }

  #read<T>(node: LogicalUrl, text: string, read: (node: LogicalUrl, text: string) => T | undefined): T {
    const key = () => this.#connection.keys.location(node)
    const entry = read(node, text)
    if (entry !== undefined) {
      this.#connection.sense(key)
      return entry
    }
    throw this.#connection.nonsense(
      key(),
      'holds no entry of the directory map: have "parley sync --once --full" write it again, or delete it',
      'lasting',
    )
  }
}

function readable<T>(
  stored: readonly (readonly [LogicalUrl, string])[],
  read: (node: LogicalUrl, text: string) => T,
): T[] {
  return stored.flatMap(([node, text]) => {
    try {
      return [read(node, text)]
    } catch (err) {
      if (err instanceof UnavailableError) return []
      throw err
    }
  })
}

import {
  type FormerPlace,
  type Membership,
  parseHomeName,
  type SourceId,
  type SourceProblem,
  type SyncState,
  type SyncStore,
  type WaitingEntry,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { nodeOfRef, nodeRef } from './keys.ts'
import { LocationsRedis } from './locations-redis.ts'
import { MapPointers } from './map-pointers.ts'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'
import { readMembers, readProblem, readState, readWaiting } from './sync-records.ts'

/** Takes or prolongs the lease. KEYS: it. ARGV: holder, lifetime. */
const holdScript = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 'held' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return held and 'prolonged' or 'taken'
`)

/** KEYS: the lease. ARGV: holder. */
const releaseScript = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`)

/** Replaces the state while the holder has the lease. KEYS: lease, state. ARGV: holder, state. */
const saveScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
redis.call('SET', KEYS[2], ARGV[2])
return 'saved'
`)

/** Replaces a list. KEYS: it. ARGV: what is in it. */
const replaceListScript = script(`
redis.call('DEL', KEYS[1])
for i = 1, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
`)

const mostProblems = 1_000
const atOnce = 500
const groupsAtOnce = 20

/**
 * What `parley sync` keeps, on Redis. The lease runs out by Redis' clock; who takes it anew first finishes what its predecessor may have
 * left half done in the map.
 */
export class SyncStoreRedis implements SyncStore {
  readonly #connection: RedisConnection
  readonly #map: LocationsRedis
  readonly #pointers: MapPointers

  constructor(connection: RedisConnection) {
    this.#connection = connection
    this.#map = new LocationsRedis(connection)
    this.#pointers = new MapPointers(connection)
  }

  async hold(holder: string, lifetimeMs: number): Promise<boolean> {
    const lease = this.#connection.keys.sync('lease')
    const answer = await this.#connection.runScript(holdScript, [lease], [holder, lifetimeMs])
    if (answer === 'taken') await this.#map.mend()
    return answer !== 'held'
  }

  async release(holder: string): Promise<void> {
    await this.#connection.runScript(releaseScript, [this.#connection.keys.sync('lease')], [holder])
  }

  async holder(): Promise<string | undefined> {
    return await this.#text('lease')
  }

  async state(): Promise<SyncState | undefined> {
    const text = await this.#text('state')
    return text === undefined ? undefined : this.#read('state', readState(text))
  }

  async save(holder: string, state: SyncState): Promise<boolean> {
    const { keys } = this.#connection
    const args = [holder, JSON.stringify(state)]
    return (await this.#connection.write(saveScript, [keys.sync('lease'), keys.sync('state')], args)) === 'saved'
  }

  async nodesOf(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, LogicalUrl>> {
    const nodes = new Map<SourceId, LogicalUrl>()
    for (let start = 0; start < ids.length; start += atOnce)
      for (const [id, node] of await this.#pointers.nodesOf(ids.slice(start, start + atOnce))) nodes.set(id, node)
    return nodes
  }

  async switchedOff(): Promise<ReadonlyMap<SourceId, LogicalUrl>> {
    const key = this.#connection.keys.sync('off')
    const all = await this.#connection.run(key, (client) => client.hgetall(key))
    return new Map(Object.entries(all).map(([id, ref]) => [id, this.#read('off', nodeOfRef(ref))]))
  }

  async switchOff(id: SourceId, node: LogicalUrl): Promise<void> {
    await this.#put('off', [[id, nodeRef(node)]])
  }

  async switchOn(id: SourceId): Promise<void> {
    await this.#remove('off', [id])
  }

  async waiting(): Promise<readonly WaitingEntry[]> {
    const key = this.#connection.keys.sync('waiting')
    const all = await this.#connection.run(key, (client) => client.hvals(key))
    return all.map((text) => this.#read('waiting', readWaiting(text)))
  }

  async putWaiting(waiting: readonly WaitingEntry[]): Promise<void> {
    await this.#put(
      'waiting',
      waiting.map((one) => [one.entry.id, JSON.stringify(one)]),
    )
  }

  async removeWaiting(ids: readonly SourceId[]): Promise<void> {
    await this.#remove('waiting', ids)
  }

  async problems(): Promise<readonly SourceProblem[]> {
    const key = this.#connection.keys.sync('problems')
    const all = await this.#connection.run(key, (client) => client.lrange(key, 0, -1))
    return all.map((text) => this.#read('problems', readProblem(text)))
  }

  async putProblems(problems: readonly SourceProblem[]): Promise<void> {
    const texts = problems.slice(0, mostProblems).map((problem) => JSON.stringify(problem))
    await this.#connection.write(replaceListScript, [this.#connection.keys.sync('problems')], texts)
  }

  async former(ids: readonly SourceId[]): Promise<ReadonlyMap<SourceId, FormerPlace>> {
    const key = this.#connection.keys.sync('former')
    const places = new Map<SourceId, FormerPlace>()
    for (let start = 0; start < ids.length; start += atOnce) {
      const some = ids.slice(start, start + atOnce)
      const texts = await this.#connection.run(key, (client) => client.hmget(key, ...some))
      some.forEach((id, at) => {
        const text = texts[at]
        if (typeof text === 'string') places.set(id, { id, ...this.#read('former', readPlace(text)) })
      })
    }
    return places
  }

  async putFormer(places: readonly FormerPlace[]): Promise<void> {
    await this.#put(
      'former',
      places.map(({ id, node, home }) => [id, `${home} ${nodeRef(node)}`]),
    )
  }

  async *memberships(): AsyncIterable<Membership> {
    const key = this.#connection.keys.sync('groups')
    const seen = new Set<SourceId>()
    let cursor = '0'
    do {
      const [next, found] = await this.#connection.run(key, (client) =>
        client.hscan(key, cursor, 'COUNT', groupsAtOnce),
      )
      cursor = next
      for (let at = 0; at + 1 < found.length; at += 2) {
        const [group = '', text = ''] = found.slice(at, at + 2)
        // A scan may name a group twice.
        if (seen.has(group)) continue
        seen.add(group)
        yield { group, members: this.#read('groups', readMembers(text)) }
      }
    } while (cursor !== '0')
  }

  async putMemberships(memberships: readonly Membership[]): Promise<void> {
    await this.#put(
      'groups',
      memberships.map(({ group, members }) => [group, JSON.stringify(members)]),
    )
  }

  async removeMemberships(groups: readonly SourceId[]): Promise<void> {
    await this.#remove('groups', groups)
  }

  async #text(what: 'lease' | 'state'): Promise<string | undefined> {
    const key = this.#connection.keys.sync(what)
    return (await this.#connection.run(key, (client) => client.get(key))) ?? undefined
  }

  async #put(what: 'off' | 'waiting' | 'former' | 'groups', fields: readonly (readonly [string, string])[]) {
    const key = this.#connection.keys.sync(what)
    for (let start = 0; start < fields.length; start += atOnce) {
      const some = fields.slice(start, start + atOnce).flat()
      await this.#connection.run(key, (client) => client.hset(key, ...some))
    }
  }

  async #remove(what: 'off' | 'waiting' | 'groups', fields: readonly string[]): Promise<void> {
    const key = this.#connection.keys.sync(what)
    for (let start = 0; start < fields.length; start += atOnce) {
      const some = fields.slice(start, start + atOnce)
      await this.#connection.run(key, (client) => client.hdel(key, ...some))
    }
  }

  #read<T>(what: Parameters<RedisConnection['keys']['sync']>[0], value: T | undefined): T {
    if (value !== undefined) return value
    throw this.#connection.nonsense(
      this.#connection.keys.sync(what),
      'holds what no "parley sync" writes: delete it, and have the directory read again',
    )
  }
}

function readPlace(text: string): Omit<FormerPlace, 'id'> | undefined {
  const space = text.indexOf(' ')
  const node = nodeOfRef(text.slice(space + 1))
  try {
    return node && { node, home: parseHomeName(text.slice(0, Math.max(0, space))) }
  } catch {
    return undefined
  }
}

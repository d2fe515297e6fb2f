import {
  type Clock,
  followRenames,
  RecentlyUsed,
  type Rename,
  type Renames,
  type RenameWriter,
  renameInMap,
  systemClock,
  type WantedRename,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { nodeOfRef, nodeRef } from './keys.ts'
import { LocationsRedis } from './locations-redis.ts'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

/**
 * Records renames that are not the newest ones of their nodes already (isRecorded), drops some that have ended, and tells.
 * KEYS: log, latest, last. ARGV: now, channel, then three for each: ref, new ref, until.
 */
const recordScript = script(`
local function latest(ref)
  local text = redis.call('HGET', KEYS[2], ref)
  local sequence, to = string.match(text or '', '^(%d+) %S+ (%S+) %d+$')
  return tonumber(sequence), to
end
for _, text in ipairs(redis.call('ZRANGE', KEYS[1], 0, 999)) do
  local from, ends = string.match(text, '^%d+ (%S+) %S+ (%d+)$')
  if not ends or tonumber(ends) > tonumber(ARGV[1]) then break end
  redis.call('ZREM', KEYS[1], text)
  if redis.call('HGET', KEYS[2], from) == text then redis.call('HDEL', KEYS[2], from) end
end
for i = 3, #ARGV, 3 do
  local sequence, to = latest(ARGV[i])
  local returned = latest(ARGV[i + 1])
  if to ~= ARGV[i + 1] or (returned and returned > sequence) then
    local number = redis.call('INCR', KEYS[3])
    local text = number .. ' ' .. ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2]
    redis.call('ZADD', KEYS[1], number, text)
    redis.call('HSET', KEYS[2], ARGV[i], text)
  end
end
redis.call('PUBLISH', ARGV[2], '')
`)

interface Known {
  readonly rename: Rename | undefined
  readonly until: number
}

const pageSize = 1_000
const mostKnown = 10_000
/** How long an answer is kept, should a message be lost that nobody missed. */
const knownMs = 60_000

/**
 * Renames in a log on Redis. What `find` has learnt is kept in memory until there are new renames, also that there is no rename of a node.
 */
export class RenamesRedis implements Renames, RenameWriter {
  readonly #connection: RedisConnection
  readonly #map: LocationsRedis
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>
  #known = new RecentlyUsed<LogicalUrl, Known>(mostKnown)

  constructor(connection: RedisConnection, clock: Pick<Clock, 'now' | 'elapsed'> = systemClock) {
    this.#connection = connection
    this.#map = new LocationsRedis(connection)
    this.#clock = clock
    connection.listen(connection.keys.renamesChannel, () => this.#forget())
  }

  find(node: LogicalUrl): Promise<LogicalUrl | undefined> {
    return followRenames(node, async (from) => {
      const rename = await this.#latest(from)
      return rename && this.#clock.now() < rename.until ? rename : undefined
    })
  }

  async since(sequence: number): Promise<readonly Rename[]> {
    const key = this.#connection.keys.renames('log')
    const renames: Rename[] = []
    for (let after = sequence; ; after = renames.at(-1)?.sequence ?? after) {
      const page = await this.#connection.run(key, (client) =>
        client.zrangebyscore(key, `(${after}`, '+inf', 'LIMIT', 0, pageSize),
      )
      renames.push(...page.map((text) => this.#read(key, text)))
      if (page.length < pageSize) return renames
    }
  }

  async rename(renames: readonly WantedRename[]): Promise<void> {
    await renameInMap(this.#map, renames, (some) => this.#record(some))
  }

  onChange(listener: () => void): () => void {
    return this.#connection.listen(this.#connection.keys.renamesChannel, () => listener())
  }

  async #record(renames: readonly WantedRename[]): Promise<void> {
    const { keys } = this.#connection
    const args = renames.flatMap(({ from, to, until }) => [nodeRef(from), nodeRef(to), Math.max(0, Math.ceil(until))])
    await this.#connection.write(
      recordScript,
      [keys.renames('log'), keys.renames('latest'), keys.renames('last')],
      [this.#clock.now(), keys.renamesChannel, ...args],
    )
    this.#forget()
  }

  async #latest(from: LogicalUrl): Promise<Rename | undefined> {
    const known = this.#known
    const answer = known.get(from)
    if (answer && this.#clock.elapsed() < answer.until) return answer.rename
    const key = this.#connection.keys.renames('latest')
    const text = await this.#connection.run(key, (client) => client.hget(key, nodeRef(from)))
    const rename = text === null ? undefined : this.#read(key, text)
    // NOTE: into what was known when Redis was asked: it is of no use any more if there are new renames since.
    known.set(from, { rename, until: this.#clock.elapsed() + knownMs })
    return rename
  }

  #forget(): void {
    this.#known = new RecentlyUsed(mostKnown)
  }

  #read(key: string, text: string): Rename {
    const [sequence, from, to, until, ...more] = text.split(' ')
    const [old, renamed] = [nodeOfRef(from ?? ''), nodeOfRef(to ?? '')]
    const numbers = [Number(sequence), Number(until)] as const
    if (old && renamed && more.length === 0 && numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
      return { sequence: numbers[0], from: old, to: renamed, until: numbers[1] }
    throw this.#connection.nonsense(key, 'holds what is no rename: find out which other program writes there')
  }
}

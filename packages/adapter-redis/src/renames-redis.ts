import {
  type Clock,
  followRenames,
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
  if not text then return nil end
  local sequence, to = string.match(text, '^(%d+) %S+ (%S+) %d+$')
  if not sequence then return redis.error_reply('PARLEY') end
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

const pageSize = 1_000

/** Renames in a log on Redis. Every lookup asks Redis: RenamesCached (domain) remembers. */
export class RenamesRedis implements Renames, RenameWriter {
  readonly #connection: RedisConnection
  readonly #map: LocationsRedis
  readonly #clock: Pick<Clock, 'now'>

  constructor(connection: RedisConnection, clock: Pick<Clock, 'now'> = systemClock) {
    this.#connection = connection
    this.#map = new LocationsRedis(connection)
    this.#clock = clock
  }

  find(node: LogicalUrl): Promise<LogicalUrl | undefined> {
    return followRenames(node, async (from) => {
      const key = this.#connection.keys.renames('latest')
      const text = await this.#connection.run(key, (client) => client.hget(key, nodeRef(from)))
      if (text === null) return undefined
      const rename = this.#read(key, text)
      return this.#clock.now() < rename.until ? rename : undefined
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

import { hash } from 'node:crypto'
import {
  type Attempt,
  type AttemptBudget,
  type AttemptLimits,
  type AttemptTimes,
  defaultAttemptTimes,
} from '@parley/domain'
import { z } from 'zod'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'
import { script } from './script.ts'

/** What stands in an account's list, oldest first. An element that nobody of ours wrote counts as a try that has just been taken. */
const readTries = `
local tries = redis.call('LRANGE', KEYS[1], 0, -1)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(try)
  local at, address = string.match(try, '^(%d+) (%x+)$')
  return tonumber(at) or now, address
end
`

/**
 * Takes a try: 0, or for how many milliseconds none is to be had. KEYS: the account's list. ARGV: address, tries of an account, of an
 * address, window, how long a try may still be given back.
 */
const takeScript = script(`${readTries}
local here, newest = 0, 0
for _, try in ipairs(tries) do
  local at, address = read(try)
  if address == ARGV[1] then here = here + 1 end
  newest = math.max(newest, at)
end
if #tries < tonumber(ARGV[2]) and here < tonumber(ARGV[3]) then
  redis.call('RPUSH', KEYS[1], string.format('%.0f', now) .. ' ' .. ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 0
end
if now - newest < tonumber(ARGV[5]) then return 1000 end
return math.max(1000, redis.call('PTTL', KEYS[1]))
`)

/** Gives the last try of an address back. KEYS: the account's list. ARGV: address, and of a right password when tries are settled. */
const giveBackScript = script(`${readTries}
for index = #tries, 1, -1 do
  local at, address = read(tries[index])
  if address == ARGV[1] then
    redis.call('LREM', KEYS[1], -1, tries[index])
    if not ARGV[2] then return 1 end
    local settled = at - tonumber(ARGV[2])
    for _, try in ipairs(tries) do
      if read(try) <= settled then redis.call('LREM', KEYS[1], 1, try) end
    end
    return 1
  end
end
return 0
`)

const answerSchema = z.int().nonnegative()

/**
 * Tries that all edges count together, by Redis' clock. Nothing in Redis tells whose they are.
 *
 * NOTE: what Redis loses (a restart without its data) gives an account its tries anew: keep the limit at half of the directory's.
 */
export class AttemptBudgetRedis implements AttemptBudget {
  readonly #connection: RedisConnection
  readonly #times: AttemptTimes

  constructor(connection: RedisConnection, times: AttemptTimes = defaultAttemptTimes) {
    this.#connection = connection
    this.#times = times
  }

  async take(account: string, address: string, { perAccount, perAddress, windowMs }: AttemptLimits): Promise<Attempt> {
    const args = [addressPart(account, address), perAccount, perAddress, Math.ceil(windowMs), this.#times.pendingMs]
    const answer = answerSchema.safeParse(await this.#connection.write(takeScript, [this.#keyOf(account)], args))
    if (!answer.success) throw unavailable('Redis does not say whether a password may be tried')
    if (answer.data === 0) return { kind: 'allowed' }
    return { kind: 'refused', retryAfterSeconds: Math.ceil(answer.data / 1000) }
  }

  async giveBack(account: string, address: string, why: 'right' | 'not-checked'): Promise<void> {
    const args = [addressPart(account, address), ...(why === 'right' ? [this.#times.settledMs] : [])]
    await this.#connection.runScript(giveBackScript, [this.#keyOf(account)], args)
  }

  #keyOf(account: string): string {
    return this.#connection.keys.attempts(hash('sha256', account).slice(0, 32))
  }
}

/** NOTE: with the account in it, so that one address is not the same in the lists of two accounts. */
function addressPart(account: string, address: string): string {
  return hash('sha256', JSON.stringify([account, address])).slice(0, 16)
}

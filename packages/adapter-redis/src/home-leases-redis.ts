import type { Epoch, HomeHolder, HomeLease, HomeLeases, HomeName } from '@parley/domain'
import { z } from 'zod'
import type { RedisConnection } from './redis-connection.ts'
import { unavailable } from './redis-fault.ts'
import { script } from './script.ts'
import { homeOf } from './stored-names.ts'

/** The newest epoch that is known of: an epoch key that was lost does not make a lease's epoch new again. */
const newestEpoch = `
local newest = tonumber(redis.call('GET', KEYS[2]) or '0')
if not newest then return redis.error_reply('PARLEY epoch') end
local lease = redis.call('GET', KEYS[1])
local held = lease and tonumber(string.match(lease, '^{"epoch":(%d+),')) or 0
newest = math.max(newest, held)
`

/**
 * Takes a home that nobody holds. KEYS: lease, epoch. ARGV: holder, lifetime, channel, home.
 *
 * NOTE: an epoch is the time in milliseconds when it was taken, or one more than the last: so it grows even when Redis has lost it.
 */
const takeScript = script(`${newestEpoch}
if lease then return false end
local now = redis.call('TIME')
local epoch = string.format('%.0f', math.max(newest + 1, now[1] * 1000 + math.floor(now[2] / 1000)))
redis.call('SET', KEYS[1], '{"epoch":' .. epoch .. ',"holder":' .. ARGV[1] .. '}', 'PX', ARGV[2])
redis.call('SET', KEYS[2], epoch)
redis.call('PUBLISH', ARGV[3], ARGV[4])
return epoch
`)

/** Prolongs the lease of an epoch unless a newer one is known. KEYS: lease, epoch. ARGV: holder, lifetime, epoch. */
const renewScript = script(`${newestEpoch}
if newest > tonumber(ARGV[3]) then return 'lost' end
redis.call('SET', KEYS[1], '{"epoch":' .. ARGV[3] .. ',"holder":' .. ARGV[1] .. '}', 'PX', ARGV[2])
if newest == tonumber(ARGV[3]) and redis.call('EXISTS', KEYS[2]) == 1 then return 'renewed' end
redis.call('SET', KEYS[2], ARGV[3])
return 'restored'
`)

/** Ends the lease of an epoch. KEYS: lease, epoch. ARGV: epoch, channel, home. */
const releaseScript = script(`${newestEpoch}
if not lease or held ~= tonumber(ARGV[1]) then return 'nothing' end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 'released'
`)

const epochSchema = z.int().min(1)
/** NOTE: connections are opened to it, and clients are sent there. */
const nodeUrl = z
  .string()
  .regex(/^https?:\/\/[^/\s]+$/)
  .refine((text) => URL.canParse(text))

const leaseSchema = z.strictObject({
  epoch: epochSchema,
  holder: z.strictObject({ id: z.string(), clusterUrl: nodeUrl, clientUrl: nodeUrl.optional() }).transform(
    ({ id, clusterUrl, clientUrl }): HomeHolder => ({
      id,
      clusterUrl,
      ...(clientUrl !== undefined && { clientUrl }),
    }),
  ),
})

/**
 * Leases that run out by Redis' own clock, whatever the time is elsewhere. A renewal also brings back what Redis has lost (a
 * restart without its data, a fail-over to a replica that was behind), as long as no newer epoch is known there.
 *
 * NOTE: what reaches Redis late does no harm. Nothing of an epoch is done once a newer one is known; a late take or renewal of a home
 * that nobody holds keeps others from it for one lifetime at most; a late release ends a lease that its holder had given up.
 *
 * NOTE: no lease waits for replicas (`redis.replicas`): the first commit of an epoch does, and a home must find a holder also while they
 * are away.
 */
export class HomeLeasesRedis implements HomeLeases {
  readonly #connection: RedisConnection
  /** Homes that this process has entered into the set of homes. */
  readonly #entered = new Set<HomeName>()

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async take(home: HomeName, holder: HomeHolder, lifetimeMs: number): Promise<Epoch | undefined> {
    const { keys } = this.#connection
    await this.#enter(home)
    const args = [holderText(holder), lifetimeMs, keys.leasesChannel, home]
    const taken = await this.#connection.runScript(takeScript, this.#keysOf(home), args)
    return taken === null ? undefined : epochSchema.parse(Number(taken))
  }

  async renew(home: HomeName, holder: HomeHolder, epoch: Epoch, lifetimeMs: number): Promise<boolean> {
    const args = [holderText(holder), lifetimeMs, epoch]
    const answer = await this.#connection.runScript(renewScript, this.#keysOf(home), args)
    if (answer === 'restored') {
      this.#entered.delete(home)
      await this.#enter(home)
      this.#connection.condition.problem(
        `lost ${home} ${epoch}`,
        `Redis had lost the epoch of home ${home}, and with it what was written since: check its persistence and its replicas`,
      )
    }
    return answer !== 'lost'
  }

  async release(home: HomeName, epoch: Epoch): Promise<void> {
    const args = [epoch, this.#connection.keys.leasesChannel, home]
    await this.#connection.runScript(releaseScript, this.#keysOf(home), args)
  }

  async lease(home: HomeName): Promise<HomeLease | undefined> {
    const lease = await this.#read(home)
    if (lease !== 'unreadable') return lease
    throw unavailable(this.#nonsense(home))
  }

  /** NOTE: a lease that cannot be read is passed over: it is one home's trouble, and no reason to leave the others to themselves. */
  async leases(): Promise<readonly HomeLease[]> {
    const leases = await Promise.all((await this.homes()).map((home) => this.#read(home)))
    return leases.filter((lease) => lease !== undefined && lease !== 'unreadable')
  }

  /** Every home that was ever taken, held or not. */
  async homes(): Promise<readonly HomeName[]> {
    const key = this.#connection.keys.homes
    const names = await this.#connection.run(key, (client) => client.smembers(key))
    return names.map(homeOf).filter((home) => home !== undefined)
  }

  onChange(listener: (home: HomeName | undefined) => void): () => void {
    return this.#connection.listen(this.#connection.keys.leasesChannel, (message) =>
      listener(message === undefined ? undefined : homeOf(message)),
    )
  }

  async #read(home: HomeName): Promise<HomeLease | 'unreadable' | undefined> {
    const key = this.#connection.keys.lease(home)
    const text = await this.#connection.run(key, (client) => client.get(key))
    if (text === null) return undefined
    const lease = readLease(text)
    if (lease) return { home, ...lease }
    this.#connection.condition.problem(key, this.#nonsense(home), 'write')
    return 'unreadable'
  }

  #nonsense(home: HomeName): string {
    return `the key "${this.#connection.keys.lease(home)}" in Redis holds no lease: delete it, and find out which other program writes there`
  }

  #keysOf(home: HomeName): [string, string] {
    const { keys } = this.#connection
    return [keys.lease(home), keys.epoch(home)]
  }

  async #enter(home: HomeName): Promise<void> {
    if (this.#entered.has(home)) return
    const key = this.#connection.keys.homes
    await this.#connection.run(key, (client) => client.sadd(key, home))
    this.#entered.add(home)
  }
}

function holderText({ id, clusterUrl, clientUrl }: HomeHolder): string {
  return JSON.stringify({ id, clusterUrl, clientUrl })
}

function readLease(text: string): z.output<typeof leaseSchema> | undefined {
  try {
    return leaseSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

import { type Clock, systemClock } from '@parley/domain'
import { RvpError, type UnavailableError } from '@parley/protocol'
import { z } from 'zod'
import type { RedisConfig, RedisSecrets } from './config.ts'
import { RedisKeys } from './keys.ts'
import { type RedisClient, RedisClients } from './redis-clients.ts'
import { RedisCondition, type RedisEvents, silentRedisEvents } from './redis-events.ts'
import { type RedisFault, RedisSetupError, redisFault, unavailable } from './redis-fault.ts'
import { type ChannelListener, RedisSubscriber } from './redis-subscriber.ts'
import { ReplicatedWrites } from './replicated-writes.ts'
import { type Script, script } from './script.ts'
import { checkServer } from './server-check.ts'

/** NOTE: by a script and a key, since a plain TIME goes to any server of a Cluster. */
const timeScript = script(`return redis.call('TIME')`)
const timeSchema = z.tuple([z.coerce.number().int().positive(), z.coerce.number().int().nonnegative()])

const keysAtOnce = 500

/** What a script gets of one of several keys. */
export interface KeyStep {
  readonly key: string
  readonly args: readonly string[]
}

export interface RedisConnectionOptions {
  readonly config: RedisConfig
  readonly secrets?: RedisSecrets
  readonly events?: RedisEvents
  readonly clock?: Clock
  /** How long `open` tries to reach Redis. */
  readonly patienceMs?: number
}

/**
 * A process's connection to Redis: one for commands, one for messages. A command fails within about two seconds while Redis is
 * away, and is never kept for later; the connection comes back by itself, for ever. All errors of the client end here.
 *
 * NOTE: a write that failed because no answer came may have been done, or may still be done; writes are made so that this harms
 * nobody. Only commands that Redis 7.0 and Valkey 7.2 both have are used.
 */
export class RedisConnection implements AsyncDisposable {
  readonly keys: RedisKeys
  readonly condition: RedisCondition
  readonly #client: RedisClient
  readonly #subscriber: RedisSubscriber
  readonly #replicated: ReplicatedWrites | undefined
  #lastFault: RedisFault | undefined
  #closed = false
  /** Of the check of a server just reached; never rejects. */
  #check: Promise<void> = Promise.resolve()

  private constructor({
    config,
    secrets = {},
    events = silentRedisEvents,
    clock = systemClock,
  }: RedisConnectionOptions) {
    const clients = new RedisClients(config, secrets)
    this.keys = new RedisKeys(config.prefix)
    this.condition = new RedisCondition(events)
    this.#client = clients.commands()
    this.#replicated = config.replicas > 0 ? new ReplicatedWrites(this.#client, config.replicas) : undefined
    const { leasesChannel, locationsChannel, renamesChannel } = this.keys
    this.#subscriber = new RedisSubscriber(
      (attempt) => clients.subscriber(this.#client, attempt),
      [leasesChannel, locationsChannel, renamesChannel],
      clock,
    )
  }

  /**
   * Connects, and subscribes to our channels. Rejects with RedisSetupError when Redis, or what answers in its place, shows that
   * something must be changed, and with UnavailableError when nobody answers for `patienceMs`.
   */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options)
    try {
      await connection.#connect(options.clock ?? systemClock, options.patienceMs ?? 10_000)
      await connection.#subscriber.start()
      return connection
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Whether commands have a chance now. */
  get isConnected(): boolean {
    return this.#client.status === 'ready'
  }

  /** Whether keys have servers of their own, so that one script sees only those of one slot. */
  get isCluster(): boolean {
    return this.#client.isCluster
  }

  /** Runs commands that read, or whose loss does no harm. `subject` names what they are about, e.g. a key. Rejects with UnavailableError. */
  async run<T>(subject: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
    return await this.#translated(subject, () => work(this.#client))
  }

  /** Runs a script that reads, or whose loss does no harm. The keys are of one slot. Rejects with UnavailableError. */
  async runScript(what: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return await this.#translated(keys[0] ?? '', () => this.#evaluate(what, keys, args))
  }

  /**
   * Runs a script that writes; when it resolves, as many replicas have it as the configuration asks for. The keys are of one slot.
   * Rejects with UnavailableError.
   */
  async write(what: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const [subject = ''] = keys
    const reply = await this.#translated(subject, () =>
      this.#replicated
        ? this.#replicated.run(this.#slotOf(subject), what, keys, args)
        : this.#evaluate(what, keys, args),
    )
    this.condition.wrote()
    return reply
  }

  /**
   * Runs a script that writes on keys of any slots, each with as many arguments of its own, and gives its replies in their order: it must
   * return an array with one for each key, or an empty one. Several keys are one step on a single server, and each is one in a Cluster.
   * Rejects with UnavailableError when one of them failed; others may be done.
   */
  async writeEach(what: Script, steps: readonly KeyStep[]): Promise<unknown[]> {
    const size = this.isCluster ? 1 : keysAtOnce
    const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, at) =>
      steps.slice(at * size, (at + 1) * size),
    )
    const replies = await Promise.all(
      groups.map((group) =>
        this.write(
          what,
          group.map(({ key }) => key),
          group.flatMap(({ args }) => args),
        ),
      ),
    )
    return replies.flatMap((reply) => (Array.isArray(reply) ? reply : []))
  }

  /** Milliseconds since 1970 by Redis' clock; in a Cluster, by that of the same server for everybody. Rejects with UnavailableError. */
  async time(): Promise<number> {
    const reply = timeSchema.safeParse(await this.runScript(timeScript, [this.keys.homes], []))
    if (!reply.success) throw unavailable('Redis does not tell the time')
    const [seconds, micros] = reply.data
    return seconds * 1000 + micros / 1000
  }

  /**
   * Tells the operator once that a key holds what nobody of us wrote there, and gives the error for the caller; `what` goes on after the
   * key's name. It is told again after a write, or, if `lasting`, once the key has made `sense` in between.
   */
  nonsense(key: string, what: string, until: 'write' | 'lasting' = 'write'): UnavailableError {
    const detail = `the key "${key}" in Redis ${what}`
    this.condition.problem(key, detail, until)
    return unavailable(detail)
  }

  /** What a key holds can be read. */
  sense(key: () => string): void {
    if (this.condition.hasProblems) this.condition.over(key())
  }

  /** Listens on one of our channels; with undefined when messages may have been missed. Returns how to stop. */
  listen(channel: string, listener: ChannelListener): () => void {
    return this.#subscriber.listen(channel, listener)
  }

  /** Ends both connections; what waits for an answer fails. Calling it again is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#client.disconnect()
    await this.#subscriber[Symbol.asyncDispose]()
    await this.#check
  }

  async #connect(clock: Clock, patienceMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const client = this.#client
    const failed = (error: unknown) => {
      const fault = redisFault(error)
      this.#lastFault = fault
      if (fault.kind === 'setup') reject(new RedisSetupError(fault.detail))
    }
    client.on('error', failed)
    client.on('sentinelError', failed)
    client.on('node error', failed)
    client.on('close', () => {
      if (!this.#closed) this.condition.disconnected(this.#lastFault?.detail ?? 'Redis has closed the connection')
    })
    client.on('ready', () => {
      this.#lastFault = undefined
      this.condition.connected()
      this.#check = checkServer(client, this.condition).then(resolve, (error: unknown) => {
        // NOTE: an upgraded or another server may answer later on; that is no reason to stop.
        if (error instanceof RedisSetupError) this.condition.problem('server', error.message)
        reject(error)
      })
    })
    const cancel = clock.after(patienceMs, () => {
      const detail = this.#lastFault?.detail ?? 'Redis does not answer'
      reject(unavailable(`${detail}; check host and port, and whether it speaks TLS there`))
    })
    try {
      // What becomes of the first attempt shows in the events; further ones follow by themselves.
      client.connect().catch(() => undefined)
      await promise
    } finally {
      cancel()
    }
  }

  async #evaluate(
    { lua, sha1 }: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await this.#client.evalsha(sha1, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await this.#client.eval(lua, keys.length, ...keys, ...args)
    }
  }

  async #translated<T>(subject: string, work: () => Promise<T>): Promise<T> {
    if (!this.isConnected) throw unavailable(this.#lastFault?.detail ?? 'Redis is not connected')
    try {
      return await work()
    } catch (error) {
      if (error instanceof RvpError || error instanceof TypeError) throw error
      const fault = redisFault(error)
      const detail = fault.kind === 'away' ? fault.detail : `${fault.detail} (${subject})`
      if (fault.kind !== 'away') this.condition.problem(fault.code, detail, 'write')
      throw unavailable(detail)
    }
  }

  /** NOTE: one server has one group of writes; in a Cluster each home, and each entry of the map, has its own. */
  #slotOf(key: string): string {
    return this.#client.isCluster ? (/\{[^}]+\}/.exec(key)?.[0] ?? key) : ''
  }
}

import type { ConnectionOptions } from 'node:tls'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseAddress, type RedisConfig, type RedisSecrets } from './config.ts'
import { RedisSetupError } from './redis-fault.ts'

type Options = Omit<RedisOptions, 'replyMapping'>

/** A connection for commands. */
export type RedisClient = Redis | Cluster

const commandTimeoutMs = 2000
const connectTimeoutMs = 3000
/** A connection on which nothing comes for so long while an answer is due is dead. */
const silenceMs = 4000
const longestDelayMs = 2000

/** Milliseconds to wait before the attempt of this number, from 1 on. */
export function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), longestDelayMs)
}

/** Makes the clients of one configuration; none connects by itself. Throws RedisSetupError for a configuration without an address, or with two. */
export class RedisClients {
  readonly #config: RedisConfig
  readonly #secrets: RedisSecrets
  readonly #options: Options

  constructor(config: RedisConfig, secrets: RedisSecrets) {
    if ([config.url, config.sentinels, config.cluster].filter((given) => given !== undefined).length !== 1)
      throw new RedisSetupError('"redis" needs one of "url", "sentinels" and "cluster"')
    this.#config = config
    this.#secrets = secrets
    this.#options = {
      lazyConnect: true,
      ...(config.username !== undefined && { username: config.username }),
      ...(secrets.password !== undefined && { password: secrets.password }),
      // NOTE: RESP 2 does the same for us and has one way less to negotiate.
      protocol: 2,
      disableClientInfo: true,
      connectionName: 'parley',
      // A command fails at once while there is no connection, and when it is lost: nothing is sent twice or late.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      commandTimeout: commandTimeoutMs,
      socketTimeout: silenceMs,
      connectTimeout: connectTimeoutMs,
      disconnectTimeout: 200,
      keepAlive: 10_000,
      // What is asked in one turn, or while an answer is awaited, goes out in one write: a write costs more than all else of a commit.
      enableAutoPipelining: true,
    }
  }

  /** For commands. It connects again for ever. */
  commands(): RedisClient {
    const { cluster, sentinels } = this.#config
    if (cluster) {
      return new Cluster(cluster.map(parseAddress), {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryDelayMs,
        slotsRefreshTimeout: commandTimeoutMs,
        // A command that a server refused is sent again, for a second. One whose connection was lost is not: it may have been done, and
        // done again later, it would undo what was written in between.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 200,
        maxRedirections: 5,
        redisOptions: { ...this.#options, ...this.#tls(true) },
      })
    }
    return this.#one({ retryStrategy: retryDelayMs, ...(sentinels && { sentinelRetryStrategy: retryDelayMs }) })
  }

  /** For subscriptions: it connects once. In a Cluster, to any node that `client` knows, another for each `attempt`. */
  subscriber(client: RedisClient, attempt: number): Redis {
    if (!(client instanceof Cluster)) return this.#one({ retryStrategy: null, sentinelRetryStrategy: () => null })
    const known = client.nodes().map(({ options: { host, port } }) => ({ host: host ?? '', port: port ?? 6379 }))
    const nodes = known.length > 0 ? known : (this.#config.cluster ?? []).map(parseAddress)
    return new Redis({ ...this.#options, ...nodes[attempt % nodes.length], ...this.#tls(true), retryStrategy: null })
  }

  #one(retries: Pick<RedisOptions, 'retryStrategy' | 'sentinelRetryStrategy'>): Redis {
    const { url, sentinels, sentinelName } = this.#config
    const options: Options = {
      ...this.#options,
      // The primary has become a replica: ask the Sentinels, or the name, which one is primary now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...retries,
    }
    if (url !== undefined) {
      const { protocol, hostname, port, pathname } = new URL(url)
      const database = Number(pathname.slice(1) || 0)
      if (!Number.isInteger(database))
        throw new RedisSetupError('`redis.url` may end in /NUMBER, a database; nothing else')
      return new Redis({
        ...options,
        host: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port || 6379),
        db: database,
        ...this.#tls(protocol === 'rediss:', hostname),
      })
    }
    return new Redis({
      ...options,
      sentinels: (sentinels ?? []).map(parseAddress),
      name: sentinelName,
      failoverDetector: true,
      ...(this.#secrets.sentinelPassword !== undefined && { sentinelPassword: this.#secrets.sentinelPassword }),
      sentinelCommandTimeout: commandTimeoutMs,
      ...(this.#secrets.tls && { ...this.#tls(true), sentinelTLS: this.#secrets.tls, enableTLSForSentinelMode: true }),
    })
  }

  #tls(wanted: boolean, host?: string): { tls?: ConnectionOptions } {
    const { url } = this.#config
    const { tls } = this.#secrets
    if (!wanted || (url === undefined && !tls)) return {}
    const isName = host !== undefined && !/^[0-9.]+$|^\[/.test(host)
    return { tls: { ...tls, ...(isName && { servername: host }) } }
  }
}

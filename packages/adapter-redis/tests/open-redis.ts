import { startRedis, startRedisCluster } from '@parley/testkit'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import {
  RedisConnection,
  type RedisConnectionOptions,
  type RedisEvents,
  redisConfig,
  silentRedisEvents,
} from '../src/index.ts'

type Settings = Parameters<typeof redisConfig.parse>[0] & object

/** Connects with these settings, everything else at its default; ends with the test. */
export async function connect(
  settings: Settings,
  more: Omit<RedisConnectionOptions, 'config'> = {},
): Promise<RedisConnection> {
  const connection = await RedisConnection.open({ ...more, config: redisConfig.parse(settings) })
  onTestFinished(() => connection[Symbol.asyncDispose]())
  return connection
}

/** What to connect to, started before the tests of a file. */
export interface Place {
  readonly name: string
  /** Opens two connections to a part of it that nobody else uses; they end with the test. `events` are those of the first. */
  open(events?: RedisEvents): Promise<[RedisConnection, RedisConnection]>
}

/** A single server and a Redis Cluster, for suites that run on both. */
export function places(): readonly Place[] {
  let single: Settings
  let cluster: Settings
  const started = new AsyncDisposableStack()
  beforeAll(async () => {
    const [server, { masters, ...rest }] = await Promise.all([startRedis(), startRedisCluster()])
    started.use(server)
    started.use(rest)
    single = { url: server.url }
    cluster = { cluster: masters.map(({ host, port }) => `${host}:${port}`) }
  })
  afterAll(() => started.disposeAsync())
  let prefixes = 0
  const place = (name: string, settings: () => Settings): Place => ({
    name,
    async open(events = silentRedisEvents) {
      const own = { ...settings(), prefix: `test-${prefixes++}` }
      return [await connect(own, { events }), await connect(own)]
    },
  })
  return [place('one server', () => single), place('a Cluster', () => cluster)]
}

/** Resolves once messages published so far have reached both. */
export async function arrival(from: RedisConnection, listening: readonly RedisConnection[]): Promise<void> {
  await from.run('', async (client) => {
    for (const server of client instanceof Cluster ? client.nodes('master') : [client]) {
      const heard = listening.map((each) => nextMessage(each))
      await server.publish(from.keys.leasesChannel, 'arrival')
      await Promise.all(heard)
    }
  })
}

function nextMessage(connection: RedisConnection): Promise<void> {
  return new Promise((resolve) => {
    const stop = connection.listen(connection.keys.leasesChannel, (message) => {
      if (message !== 'arrival') return
      stop()
      resolve()
    })
  })
}

/** Events in the order in which they came. */
export class EventRecord {
  readonly told: string[] = []
  #wake = Promise.withResolvers<void>()

  connected(): void {
    this.#add('connected')
  }

  disconnected(detail: string): void {
    this.#add(`disconnected: ${detail}`)
  }

  problem(detail: string): void {
    this.#add(`problem: ${detail}`)
  }

  solved(name: string): void {
    this.#add(`solved: ${name}`)
  }

  /** Resolves once `count` events match. */
  async seen(pattern: RegExp, count = 1): Promise<void> {
    while (this.told.filter((event) => pattern.test(event)).length < count) await this.#wake.promise
  }

  #add(event: string): void {
    this.told.push(event)
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}

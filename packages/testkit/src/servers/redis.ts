import { askRedis } from './ask-redis.ts'
import { LaunchedServer } from './launch.ts'
import type { RunningServer } from './running-server.ts'
import { testPort } from './test-port.ts'

export interface RedisOptions {
  /** Directives of redis.conf, besides and instead of ours. With `requirepass` it is ready once it accepts that password. */
  readonly config?: Readonly<Record<string, string>>
  /** Further files by name, e.g. certificates, for directives to name. */
  readonly files?: Readonly<Record<string, string>>
  /** Further ports that directives make it listen on. */
  readonly ports?: readonly number[]
}

/** Starts one Redis server on loopback. It writes all data down before it answers, so a kill loses none. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningServer> {
  return await launchRedis(options, { port: await testPort(), meetsOthers: false })
}

/** Starts a Redis server on `port`, for other Redis servers to find it there if `meetsOthers`. */
export async function launchRedis(
  { config = {}, files = {}, ports = [] }: RedisOptions,
  { port, meetsOthers }: { readonly port: number; readonly meetsOthers: boolean },
): Promise<RunningServer> {
  return await LaunchedServer.launch(
    {
      product: 'redis',
      program: 'redis-server',
      programArguments: ['redis.conf'],
      files: (listenAddress) => ({
        ...files,
        'redis.conf': directives({ ...ourConfig(port, listenAddress), ...config }),
      }),
      ports: [port, ...ports],
      meetsOthers,
    },
    port,
    async (signal) => (await askRedis(port, ['PING'], { password: config.requirepass, signal })).startsWith('+PONG'),
  )
}

function ourConfig(port: number, listenAddress: string): Record<string, string> {
  return {
    port: `${port}`,
    bind: listenAddress,
    // Whatever else it listens on is published on loopback only.
    'protected-mode': listenAddress === '127.0.0.1' ? 'yes' : 'no',
    appendonly: 'yes',
    // Given to the kernel before each answer, which survives all but a power cut; fsync would only make tests wait.
    appendfsync: 'no',
    save: '""',
  }
}

function directives(config: Readonly<Record<string, string>>): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}

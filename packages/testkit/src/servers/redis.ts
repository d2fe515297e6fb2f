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

interface RedisRole {
  readonly port: number
  /** Whether other Redis servers must find it there. */
  readonly meetsOthers: boolean
  /** Whether it watches over others, and holds no data. */
  readonly sentinel?: boolean
}

/** Starts one Redis server of several. */
export async function launchRedis(
  { config = {}, files = {}, ports = [] }: RedisOptions,
  { port, meetsOthers, sentinel = false }: RedisRole,
): Promise<RunningServer> {
  return await LaunchedServer.launch(
    {
      product: 'redis',
      program: 'redis-server',
      programArguments: ['redis.conf', ...(sentinel ? ['--sentinel'] : [])],
      files: (listenAddress) => ({
        ...files,
        'redis.conf': directives({ ...ourConfig(port, listenAddress), ...config }),
      }),
      ports: [port, ...ports],
      meetsOthers,
    },
    port,
    (signal) => loadedVersion(port, config.requirepass, signal),
  )
}

/** The version of a server that has read all its data. */
async function loadedVersion(
  port: number,
  password: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const info = await askRedis(port, ['INFO'], { password, signal })
  // A sentinel has nothing to load.
  return /^loading:1/m.test(info) ? undefined : /^redis_version:(\S+)/m.exec(info)?.[1]
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

import { askRedis } from './ask-redis.ts'
import { LaunchedServer } from './launch.ts'
import type { RunningServer } from './running-server.ts'
import { testPort } from './test-port.ts'

export interface RedisOptions {
  /** Directives of redis.conf, besides and instead of ours. With `requirepass` it is ready once it accepts that password. */
  readonly config?: Readonly<Record<string, string>>
  /** Further files by name, e.g. certificates, for directives to name. */
  readonly files?: Readonly<Record<string, string>>
}

/** Starts one Redis server on loopback. It writes all data down before it answers, so a kill loses none. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningServer> {
  return await launchRedis('redis', options)
}

/** Starts a sentinel, which watches over servers that its directives name, and holds no data. */
export async function startSentinel(options: RedisOptions): Promise<RunningServer> {
  return await launchRedis('sentinel', options)
}

async function launchRedis(
  mode: 'redis' | 'sentinel',
  { config = {}, files = {} }: RedisOptions,
): Promise<RunningServer> {
  const port = await testPort()
  return await LaunchedServer.launch(
    {
      product: 'redis',
      program: 'redis-server',
      programArguments: ['redis.conf', ...(mode === 'sentinel' ? ['--sentinel'] : [])],
      files: { ...files, 'redis.conf': directives({ ...ourConfig(port), ...config }) },
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

function ourConfig(port: number): Record<string, string> {
  return {
    port: `${port}`,
    bind: '127.0.0.1',
    'protected-mode': 'yes',
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

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocationsRedis, RedisConnection, redisConfig } from '@parley/adapter-redis'
import { type HomeName, type NodeLocation, parseHomeName } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import type { ClusterConfigInput } from '@parley/server'
import { testPort } from '@parley/testkit'
import { PinnedProcess } from '../pinned-process.ts'
import { domain, nameOf, type Settings } from '../settings.ts'
import { usersYaml } from '../users-yaml.ts'
import { PinnedProgram } from './pinned-program.ts'

/** The command. */
export const parley = join(import.meta.dirname, '../../../server/src/main.ts')
const connections = 60_000

/** A cluster's Redis, NATS and users; its routers and homes are started as a workload needs them. */
export interface ClusterOptions {
  /** A directory of its own below that of the run. */
  readonly name: string
  readonly users: number
  /** Where each user lives. */
  readonly homeOf: (index: number) => HomeName
  /** The processor of redis-server and nats-server. */
  readonly storesCpu: number
  /** Further sections of the configuration; with `directory` in place of the users file. */
  readonly configuration?: Partial<ClusterConfigInput>
}

export class BenchCluster implements AsyncDisposable {
  readonly redis: PinnedProgram
  readonly nats: PinnedProgram
  /** What nats-server counts, over HTTP. */
  readonly natsMonitor: string
  /** The load's own connection to Redis. */
  readonly connection: RedisConnection
  readonly #settings: Settings
  readonly #directory: string
  readonly #open: AsyncDisposableStack

  private constructor(
    parts: Pick<BenchCluster, 'redis' | 'nats' | 'natsMonitor' | 'connection'>,
    given: { settings: Settings; directory: string; open: AsyncDisposableStack },
  ) {
    this.redis = parts.redis
    this.nats = parts.nats
    this.natsMonitor = parts.natsMonitor
    this.connection = parts.connection
    this.#settings = given.settings
    this.#directory = given.directory
    this.#open = given.open
  }

  /** Redis writes each command to its file and has it on the disk within a second. */
  static async start(settings: Settings, options: ClusterOptions): Promise<BenchCluster> {
    await using open = new AsyncDisposableStack()
    const directory = join(settings.directory, options.name)
    mkdirSync(directory)
    const redisPort = await testPort()
    const natsPort = await testPort()
    const monitorPort = await testPort()
    const onLoopback = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--dir', directory]
    const redis = open.use(
      await PinnedProgram.start({ cpu: options.storesCpu, port: redisPort, logFile: join(directory, 'redis.log') }, [
        'redis-server',
        ...onLoopback,
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
      ]),
    )
    const nats = open.use(
      await PinnedProgram.start({ cpu: options.storesCpu, port: natsPort, logFile: join(directory, 'nats.log') }, [
        'nats-server',
        '-a',
        '127.0.0.1',
        '-p',
        `${natsPort}`,
        '-m',
        `${monitorPort}`,
      ]),
    )
    const config = redisConfig.parse({ url: `redis://127.0.0.1:${redisPort}` })
    const connection = open.use(await RedisConnection.open({ config }))
    await new LocationsRedis(connection).put(
      Array.from({ length: options.users }, (_, index) => locationOf(index, options)),
    )
    writeConfiguration(directory, { redisPort, natsPort, users: options.users, more: options.configuration ?? {} })
    const natsMonitor = `http://127.0.0.1:${monitorPort}`
    return new BenchCluster({ redis, nats, natsMonitor, connection }, { settings, directory, open: open.move() })
  }

  /** What `parley` commands are to be given. */
  get configFile(): string {
    return join(this.#directory, 'cluster.yaml')
  }

  /** `parley router`, with all its threads on one processor. */
  async startRouter(cpu: number): Promise<PinnedProcess> {
    return await this.#startNode(cpu, 'router', [])
  }

  /** `parley home`, whose own listener for clients is the process's port. Without a name, a standby for the others. */
  async startHome(cpu: number, name?: HomeName): Promise<PinnedProcess> {
    const names = name === undefined ? [] : ['--name', name]
    return await this.#startNode(cpu, 'home', [...names, '--cluster-listen', '127.0.0.1:0'])
  }

  /** `parley sync`, which follows the changes of the directory. */
  async startSync(cpu: number): Promise<PinnedProgram> {
    const command = [process.execPath, parley, 'sync', '--config', this.configFile]
    return this.#open.use(PinnedProgram.launch({ cpu, logFile: join(this.#directory, 'sync.log') }, command))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }

  async #startNode(cpu: number, command: string, flags: readonly string[]): Promise<PinnedProcess> {
    const pinned = { serverCpu: cpu, nodeOptions: this.#settings.nodeOptions }
    const args = [
      parley,
      command,
      '--config',
      this.configFile,
      '--log-level',
      'warn',
      '--listen',
      '127.0.0.1:0',
      ...flags,
    ]
    const node = await PinnedProcess.start(pinned, args, join(this.#directory, `${command}.log`))
    this.#open.use(node)
    return node
  }
}

/** The name of home number `index`. */
export function homeNamed(index: number): HomeName {
  return parseHomeName(`hq-${index + 1}`)
}

function locationOf(index: number, { homeOf }: ClusterOptions): NodeLocation {
  const name = nameOf(index)
  return { node: userUrl(domain, name), kind: 'user', home: homeOf(index), displayName: name }
}

function writeConfiguration(
  directory: string,
  {
    redisPort,
    natsPort,
    users,
    more,
  }: { redisPort: number; natsPort: number; users: number; more: Partial<ClusterConfigInput> },
): void {
  const at = (name: string): string => join(directory, name)
  writeFileSync(at('users.yaml'), usersYaml(users), { mode: 0o600 })
  writeFileSync(at('cluster.key'), randomBytes(32).toString('hex'), { mode: 0o600 })
  const config = {
    domains: [{ name: domain }],
    ...('directory' in more ? {} : { users: at('users.yaml') }),
    redis: { url: `redis://127.0.0.1:${redisPort}` },
    nats: { servers: [`nats://127.0.0.1:${natsPort}`] },
    cluster: { keys: [{ id: 'bench', file: at('cluster.key') }] },
    callBacks: { insecureLoopback: true },
    // NOTE: all clients of the load have one address.
    limits: { connections, connectionsPerAddress: connections },
    ...more,
  }
  // JSON is YAML.
  writeFileSync(at('cluster.yaml'), JSON.stringify(config))
}

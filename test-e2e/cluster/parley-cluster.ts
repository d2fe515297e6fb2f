import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningNats, type RunningServer, startNatsCluster, startRedis, testPort } from '@parley/testkit'
import { type Finished, parley } from '../running-command.ts'
import { createWorkFolder } from '../work-folder.ts'
import { ParleyProcess } from './parley-process.ts'
import { passwordOf, writeUsersFile } from './users-file.ts'

/** A NATS cluster of a test: `startNatsCluster`, or one whose servers can be parted. */
export interface NatsOfCluster extends AsyncDisposable {
  readonly servers: readonly RunningNats[]
}

export interface ParleyClusterOptions {
  readonly domain?: string
  /** Aliases; their passwords are `passwordOf` them. */
  readonly users: readonly string[]
  readonly routers?: number
  /** Homes by their names; each has a process of its own, and every process stands by for the others. */
  readonly homes?: readonly string[]
  /** The bus, which the cluster disposes of; three servers when absent. */
  readonly nats?: NatsOfCluster
  /** Further settings of the configuration file, a section at a time. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A whole cluster of real processes: Redis, NATS servers, `parley home`s and `parley router`s, with users in the map. */
export class ParleyCluster implements AsyncDisposable {
  readonly domain: string
  readonly redis: RunningServer
  readonly nats: readonly RunningNats[]
  readonly routers: readonly ParleyProcess[]
  readonly homes: readonly ParleyProcess[]
  readonly #configFile: string
  readonly #open: AsyncDisposableStack

  private constructor(
    parts: Pick<ParleyCluster, 'domain' | 'redis' | 'nats' | 'routers' | 'homes'>,
    configFile: string,
    open: AsyncDisposableStack,
  ) {
    this.domain = parts.domain
    this.redis = parts.redis
    this.nats = parts.nats
    this.routers = parts.routers
    this.homes = parts.homes
    this.#configFile = configFile
    this.#open = open
  }

  /** Starts everything, brings the users into the map and resolves once all is ready. */
  static async start(options: ParleyClusterOptions): Promise<ParleyCluster> {
    const { domain = 'im.example.com', users, routers: routerCount = 1, homes: homeNames = ['hq-1'] } = options
    await using open = new AsyncDisposableStack()
    const folder = await createWorkFolder('cluster')
    open.defer(() => rm(folder, { recursive: true }))
    const usersFile = join(folder, 'users.yaml')
    await writeUsersFile(usersFile, users)
    const keyFile = join(folder, 'cluster.key')
    await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 })
    const redis = open.use(await startRedis())
    const nats = open.use(options.nats ?? (await startNatsCluster()))
    const settings = {
      domains: [{ name: domain }],
      users: usersFile,
      redis: { url: redis.url },
      nats: { servers: nats.servers.map(({ url }) => url) },
      cluster: { keys: [{ id: 'k1', file: keyFile }] },
      callBacks: { insecureLoopback: true },
      log: { level: 'warn' },
      ...options.settings,
    }
    const configFile = join(folder, 'cluster.yaml')
    await writeFile(configFile, JSON.stringify(settings))
    const homes: ParleyProcess[] = []
    for (const home of homeNames) homes.push(open.use(await homeProcess(home, configFile)))
    const routers: ParleyProcess[] = []
    while (routers.length < routerCount) {
      routers.push(open.use(await routerProcess(`router ${routers.length + 1}`, configFile)))
    }
    await Promise.all(homes.map((home) => home.start()))
    const parts = { domain, redis, nats: nats.servers, routers, homes }
    const cluster = new ParleyCluster(parts, configFile, open.move())
    try {
      await cluster.command(['sync', '--once'])
      await Promise.all(routers.map((router) => router.start()))
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  /** Signs in as one of its users. */
  account(name: string): { readonly name: string; readonly password: string } {
    return { name, password: passwordOf(name) }
  }

  /** Runs a command of `parley` on the cluster's configuration. Rejects when it fails. */
  async command(words: readonly string[]): Promise<Finished> {
    const finished = await this.tryCommand(words)
    if (finished.code === 0) return finished
    const said = [...finished.stdout, ...finished.stderr].join('\n')
    throw new Error(`parley ${words.join(' ')} ended with ${finished.code}:\n${said}`)
  }

  /** The same, whatever its exit code. */
  async tryCommand(words: readonly string[]): Promise<Finished> {
    return await parley([...words, '--config', this.#configFile])
  }

  /** A process more that names `home`, or none, not yet started; the cluster disposes of it. */
  async newHome(home?: string): Promise<ParleyProcess> {
    return this.#open.use(await homeProcess(home, this.#configFile))
  }

  /** A `parley sync` that follows the source of users, not yet started; the cluster disposes of it. */
  async newSync(): Promise<ParleyProcess> {
    const admin = `127.0.0.1:${await testPort()}`
    const words = ['sync', '--config', this.#configFile, '--admin', admin]
    return this.#open.use(new ParleyProcess('sync', { url: '', adminUrl: `http://${admin}`, words }))
  }

  /** The end of every process' log, for the report of a failed test. */
  logTails(lines?: number): string {
    return [...this.routers, ...this.homes].map((process) => process.logTail(lines)).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

async function homeProcess(home: string | undefined, configFile: string): Promise<ParleyProcess> {
  const [at, admin] = [`127.0.0.1:${await testPort()}`, `127.0.0.1:${await testPort()}`]
  const name = home === undefined ? [] : ['--name', home]
  const words = ['home', '--config', configFile, ...name, '--cluster-listen', at, '--admin', admin]
  return new ParleyProcess(`home ${home ?? 'without a name'}`, {
    url: `http://${at}`,
    adminUrl: `http://${admin}`,
    words,
  })
}

async function routerProcess(name: string, configFile: string): Promise<ParleyProcess> {
  const [at, admin] = [`127.0.0.1:${await testPort()}`, `127.0.0.1:${await testPort()}`]
  const words = ['router', '--config', configFile, '--listen', at, '--admin', admin]
  return new ParleyProcess(name, { url: `http://${at}`, adminUrl: `http://${admin}`, words })
}

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StatusBusMemory } from '@parley/domain'
import { type ClusterConfigInput, clusterConfig, composeHome, composeRouter, createLogger } from '@parley/server'
import { createTestCertificate, LogRecord, startRedis } from '@parley/testkit'
import { type CurlTransfer, curl } from '../curl.ts'
import { parley } from '../running-command.ts'
import { temporaryFolder } from '../work-folder.ts'

/** Host of its users' logical URLs. */
export const imDomain = 'im.example.test'

/** How a client asks. */
export interface Asking {
  /** Which router; the first by default. */
  readonly router?: number
  readonly tls?: boolean
  /** Further options of curl: how it signs in. */
  readonly words: readonly string[]
  /** Whose list is read; nobody but its owner may. */
  readonly alias?: string
  /** The client's address on loopback. */
  readonly from?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A cluster whose users are in a directory: Redis, a home and routers in this process, and the map as `parley sync` makes it. Each router
 * listens on plain HTTP and with TLS.
 */
export class DirectoryOffice implements AsyncDisposable {
  readonly log = new LogRecord()
  readonly #open: AsyncDisposableStack
  readonly #routers: readonly (readonly string[])[]

  private constructor(routers: readonly (readonly string[])[], log: LogRecord, open: AsyncDisposableStack) {
    this.#routers = routers
    this.log = log
    this.#open = open
  }

  /** `settings` get a function that writes a file, and give the sections `directory` and `credentials`. */
  static async start(
    settings: (file: (name: string, content: string) => Promise<string>) => Promise<Partial<ClusterConfigInput>>,
    routerCount = 1,
  ): Promise<DirectoryOffice> {
    await using open = new AsyncDisposableStack()
    const folder = open.use(await temporaryFolder('directory'))
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(folder.path, name)
      await writeFile(path, content, { mode: 0o600 })
      return path
    }
    const redis = open.use(await startRedis())
    const { cert, key } = createTestCertificate()
    const tls = { cert: await file('cert.pem', cert), key: await file('key.pem', key) }
    const input: ClusterConfigInput = {
      domains: [{ name: imDomain, aliases: ['127.0.0.1'] }],
      redis: { url: redis.url },
      nats: { servers: ['nats://127.0.0.1:1'] },
      cluster: {
        keys: [{ id: 'k1', file: await file('cluster.key', randomBytes(32).toString('hex')) }],
        listen: '127.0.0.1:0',
      },
      sync: { homes: ['hq-1'] },
      ...(await settings(file)),
    }
    const synced = await parley(['sync', '--once', '--config', await file('cluster.yaml', JSON.stringify(input))])
    if (synced.code !== 0) throw new Error(`parley sync failed: ${synced.stderr.join('\n')}`)
    const log = new LogRecord()
    const logger = createLogger('debug', log)
    const home = open.use(
      composeHome(clusterConfig.parse({ ...input, home: { names: ['hq-1'] } }), { logger, bus: new StatusBusMemory() }),
    )
    await home.start()
    const listen = [{ at: '127.0.0.1:0' }, { at: '127.0.0.1:0', tls }]
    const routers: (readonly string[])[] = []
    while (routers.length < routerCount) {
      const router = open.use(composeRouter(clusterConfig.parse({ ...input, listen }), { logger }))
      await router.start()
      routers.push(router.urls)
    }
    return new DirectoryOffice(routers, log, open.move())
  }

  /** Reads an access list, which only its owner may. */
  async ask({ router = 0, tls = false, words, alias = 'alice', from, env }: Asking): Promise<CurlTransfer> {
    const url = new URL(this.#routers[router]?.[tls ? 1 : 0] ?? '')
    const place = `${url.protocol}//${imDomain}:${url.port}/instmsg/aliases/${alias}`
    const [transfer] = await curl(
      [
        ...['--insecure', '--resolve', `${imDomain}:${url.port}:127.0.0.1`, '--request', 'ACL'],
        ...(from === undefined ? [] : ['--interface', from]),
        ...words,
        place,
      ],
      '',
      env,
    )
    if (!transfer) throw new Error('curl made no transfer')
    return transfer
  }

  /** Signs in by Basic over TLS; resolves with the status. */
  async basic(
    username: string,
    password: string,
    more: Pick<Asking, 'router' | 'alias' | 'from'> = {},
  ): Promise<number> {
    const words = ['--basic', '--user', `${username}:${password}`]
    return (await this.ask({ ...more, tls: true, words })).status
  }

  /** Signs in by NTLM, on plain HTTP; resolves with the status. */
  async ntlm(
    username: string,
    password: string,
    more: Pick<Asking, 'router' | 'alias' | 'from'> = {},
  ): Promise<number> {
    const words = ['--ntlm', '--user', `${username}:${password}`]
    return (await this.ask({ ...more, words })).status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

/** The schemes of the challenges in a transfer's first answer. */
export function schemesOf({ responses }: CurlTransfer): readonly string[] {
  const headers = responses[0]?.headers ?? []
  return headers.flatMap(([name, value]) => (name === 'WWW-Authenticate' ? [value.split(' ', 1)[0] ?? ''] : []))
}

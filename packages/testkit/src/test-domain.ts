import type { RvpClient, RvpTransportResponse } from '@parley/client'
import { platformRandom } from '@parley/client'
import { connect, DigestAuthentication, UndiciTransport } from '@parley/client/node'
import { ManualClock, NodeStoreMemory } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import { composeServe, createLogger, type ServeConfigInput, type ServeNode, serveConfig } from '@parley/server'
import { Link } from './link.ts'
import { LogRecord } from './log-record.ts'
import { nextEvent } from './next-event.ts'
import { passwordOf, TestUsers } from './test-users.ts'

export interface TestDomainOptions {
  /** Names of the users; three by default. */
  readonly users?: readonly string[]
  /** What differs from a server on loopback that lets devices be called back there. */
  readonly config?: Partial<ServeConfigInput>
  /** MD4 hashes by user name, for NTLM. */
  readonly ntHashes?: Readonly<Record<string, string>>
}

/** A raw RVP request of a user: path, headers and body as the test wants them. */
export interface RawRequest {
  readonly as: string
  /** The right one by default. */
  readonly password?: string
  readonly method: string
  readonly path: string
  /** Value of the Host header; the IM domain by default. */
  readonly host?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
}

/** One IM domain, served for real on loopback, in memory and under a clock that the test moves. */
export class TestDomain implements AsyncDisposable {
  readonly domain = 'im.example.com'
  readonly clock = new ManualClock()
  readonly users: TestUsers
  /** What the server has logged. */
  readonly log = new LogRecord()
  readonly #store = new NodeStoreMemory()
  readonly #input: ServeConfigInput
  readonly #clients = new Set<RvpClient>()
  readonly #transports = new Map<string, UndiciTransport>()
  readonly #link = new Link(() => this.#port)
  #node: ServeNode | undefined
  #port = 0

  private constructor({ users = ['alice', 'bob', 'carol'], config = {}, ntHashes = {} }: TestDomainOptions) {
    this.users = new TestUsers(
      this.domain,
      users.map((name) => ({
        name,
        displayName: name[0]?.toUpperCase() + name.slice(1),
        ...(ntHashes[name] && { ntHash: ntHashes[name] }),
      })),
    )
    this.#input = {
      domains: [{ name: this.domain }],
      data: 'memory',
      users: 'memory',
      callBacks: { insecureLoopback: true },
      ...config,
    }
  }

  static async start(options: TestDomainOptions = {}): Promise<TestDomain> {
    const domain = new TestDomain(options)
    await domain.#start()
    await domain.#link.open()
    return domain
  }

  /** Where clients connect. */
  get url(): string {
    return this.#node?.urls[0] ?? ''
  }

  get port(): number {
    return this.#port
  }

  get adminUrl(): string | undefined {
    return this.#node?.adminUrl
  }

  node(name: string): LogicalUrl {
    return userUrl(this.domain, name)
  }

  /** Signs a user on from one more device. */
  async logOn(name: string, device: 'stream' | 'callback' = 'stream'): Promise<RvpClient> {
    const client = await connect({
      server: this.#link.url,
      domain: this.domain,
      alias: name,
      password: passwordOf(name),
      device: device === 'stream' ? 'stream' : { callBack: { address: '127.0.0.1' } },
    })
    this.#clients.add(client)
    return client
  }

  /** Sends one authenticated request and resolves with the answer, whatever its status. */
  async request(raw: RawRequest): Promise<RvpTransportResponse> {
    const { as, password = passwordOf(as), method, path, host = this.domain, headers = [], body } = raw
    const key = `${as} ${password}`
    const transport = this.#transports.get(key) ?? this.#transportFor(as, password)
    this.#transports.set(key, transport)
    return await transport.send({
      method,
      url: `http://${host}${path}`,
      headers,
      ...(body === undefined ? {} : { body }),
    })
  }

  /** Moves the server's time on; leases and time limits run out on the way. */
  elapse({ seconds = 0, minutes = 0 }: { seconds?: number; minutes?: number }): void {
    // NOTE: the server closes connections that were idle for so long; a request must not race with that.
    for (const transport of this.#transports.values()) void transport.close()
    this.#transports.clear()
    this.clock.elapse((seconds + 60 * minutes) * 1000)
  }

  /** Breaks the connections of all streams, as a failing network would; resolves when they are open again. */
  async breakStreams(): Promise<void> {
    const back = [...this.#clients].map((client) => nextEvent(client, 'connection', ({ up }) => up))
    this.#link.cut()
    await Promise.all(back)
  }

  /** Ends the server without a word to anybody, and starts another one on the same port and store. */
  async restart({ away = {} }: { away?: { minutes?: number } } = {}): Promise<void> {
    this.#link.cut()
    await this.#node?.[Symbol.asyncDispose]()
    this.elapse(away)
    for (const transport of this.#transports.values()) await transport.close()
    this.#transports.clear()
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
    for (const transport of this.#transports.values()) await transport.close()
    await this.#node?.[Symbol.asyncDispose]()
    await this.#link[Symbol.asyncDispose]()
  }

  #transportFor(user: string, password: string): UndiciTransport {
    const authentication = new DigestAuthentication({ user, password }, platformRandom)
    return new UndiciTransport({ server: this.url, authentication })
  }

  async #start(): Promise<void> {
    const listen = this.#input.listen ?? [{ at: `127.0.0.1:${this.#port}` }]
    const config = serveConfig.parse({ ...this.#input, listen })
    const node = composeServe(config, {
      clock: this.clock,
      users: this.users,
      store: this.#store,
      logger: createLogger('debug', this.log),
    })
    this.#node = node
    await node.start()
    this.#port = Number(new URL(this.url).port)
  }
}

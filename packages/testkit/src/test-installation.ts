import type { RvpClient, RvpTransportResponse } from '@parley/client'
import { platformRandom } from '@parley/client'
import { connect, DigestAuthentication, UndiciTransport } from '@parley/client/node'
import { ManualClock } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import type { ClusterConfigInput, ServeConfigInput } from '@parley/server'
import { Link } from './link.ts'
import { LogRecord } from './log-record.ts'
import { nextEvent } from './next-event.ts'
import { passwordOf, TestUsers } from './test-users.ts'

export interface TestInstallationOptions {
  /** Names of the users; three by default. */
  readonly users?: readonly string[]
  /** What differs from servers on loopback that let devices be called back there. */
  readonly config?: Partial<ServeConfigInput & ClusterConfigInput>
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

interface RequestTransport {
  readonly transport: UndiciTransport
  /** Requests that are not answered yet. */
  underWay: number
}

/** Time moves on in steps of so many milliseconds: shorter than any lease is renewed. */
const stepMs = 1_000

/**
 * One IM domain, served for real on loopback, in memory and under a clock that the test moves: what tests do with it,
 * whatever serves it.
 */
export abstract class TestInstallation implements AsyncDisposable {
  readonly domain = 'im.example.com'
  readonly clock = new ManualClock()
  readonly users: TestUsers
  /** What the servers have logged. */
  readonly log = new LogRecord()
  protected readonly config: NonNullable<TestInstallationOptions['config']>
  readonly #clients = new Set<RvpClient>()
  readonly #transports = new Map<string, RequestTransport>()
  readonly #link = new Link(() => Number(new URL(this.#nextUrl()).port))
  #connections = 0

  protected constructor({
    users = ['alice', 'bob', 'carol'],
    config = {},
    ntHashes = {},
  }: TestInstallationOptions = {}) {
    this.users = new TestUsers(
      this.domain,
      users.map((name) => ({
        name,
        displayName: name[0]?.toUpperCase() + name.slice(1),
        ...(ntHashes[name] && { ntHash: ntHashes[name] }),
      })),
    )
    this.config = { domains: [{ name: this.domain }], callBacks: { insecureLoopback: true }, ...config }
  }

  /** Where clients connect; connections are spread over them. */
  abstract get urls(): readonly string[]
  abstract get adminUrl(): string | undefined
  /** Starts all servers, where clients found them before if they were started before. */
  protected abstract startServers(): Promise<void>
  /** Ends all servers without a word to anybody. */
  protected abstract endServers(): Promise<void>

  /** Where clients connect. */
  get url(): string {
    return this.urls[0] ?? ''
  }

  get port(): number {
    return Number(new URL(this.url).port)
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
    const own = this.#transports.get(key) ?? { transport: this.#transportFor(as, password), underWay: 0 }
    this.#transports.set(key, own)
    own.underWay += 1
    try {
      return await own.transport.send({
        method,
        url: `http://${host}${path}`,
        headers,
        ...(body === undefined ? {} : { body }),
      })
    } finally {
      own.underWay -= 1
    }
  }

  /** Moves the servers' time on; leases and time limits run out on the way. */
  async elapse({ seconds = 0, minutes = 0 }: { seconds?: number; minutes?: number }): Promise<void> {
    // NOTE: servers close connections that were idle for so long; a request must not race with that.
    this.#closeIdleTransports()
    for (let leftMs = (seconds + 60 * minutes) * 1000; leftMs > 0; leftMs -= stepMs) {
      this.clock.elapse(Math.min(stepMs, leftMs))
      await settled()
    }
    // What servers closed, other servers must have heard of.
    for (let turns = 0; turns < 3; turns += 1) await settled()
  }

  /** Breaks the connections of all streams, as a failing network would; resolves when they are open again. */
  async breakStreams(): Promise<void> {
    const back = [...this.#clients].map((client) => nextEvent(client, 'connection', ({ up }) => up))
    this.#link.cut()
    await Promise.all(back)
  }

  /** Ends the servers without a word to anybody, and starts others on the same ports and store. */
  async restart({ away = {} }: { away?: { minutes?: number } } = {}): Promise<void> {
    this.#link.cut()
    await this.endServers()
    await this.elapse(away)
    await this.startServers()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
    for (const { transport } of this.#transports.values()) await transport.close()
    await this.endServers()
    await this.#link[Symbol.asyncDispose]()
  }

  /** Starts the servers, and the network between them and clients. */
  protected async open(): Promise<this> {
    await this.startServers()
    await this.#link.open()
    return this
  }

  /** One for each connection in turn, as a load balancer would choose it. */
  #nextUrl(): string {
    const { urls } = this
    this.#connections += 1
    return urls[this.#connections % urls.length] ?? ''
  }

  #transportFor(user: string, password: string): UndiciTransport {
    const authentication = new DigestAuthentication({ user, password }, platformRandom)
    return new UndiciTransport({ server: this.#nextUrl(), authentication })
  }

  #closeIdleTransports(): void {
    for (const [key, { transport, underWay }] of this.#transports) {
      if (underWay > 0) continue
      this.#transports.delete(key)
      void transport.close()
    }
  }
}

/** What was ready to be read has been read. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { checkServerIdentity } from 'node:tls'
import { type Authenticator, connect, errors, type NatsConnection } from '@nats-io/transport-node'
import type { Clock, Ids } from '@parley/domain'
import { authenticatorOf, checkTlsMaterial, type NatsConfig, NatsConfigError } from './config.ts'
import { asksForCertificate, awaitGreeting } from './greeting.ts'
import type { NatsEvents } from './nats-events.ts'
import { problemText, quoted } from './problem.ts'
import { parseServerAddress, type ServerAddress } from './server-address.ts'

const dialTimeoutMs = 3_000
const flushTimeoutMs = 1_000
/** A server that owes this many answers, asked this often, hangs. */
const ping = { pingInterval: 2_000, maxPingOut: 2 }
const firstRetryMs = 200
const maxRetryMs = 2_000

/** Who uses the link's connections, one after the other. */
export interface LinkUser {
  /** A connection is there: subscribe and send. */
  opened(connection: NatsConnection): void
  /** Everything that was subscribed to in `opened` is in effect. */
  settled(): void
  closed(): void
}

interface LinkDeps {
  readonly clock: Clock
  readonly ids: Ids
  readonly events: NatsEvents
}

/**
 * Keeps one connection to one of several servers. NOTE: the client library does not reconnect by itself here, as it would
 * not say why it cannot, cannot be stopped before it has connected, and keeps what is sent meanwhile without a bound. So
 * the start and every return are one path, and what is subscribed is known in one place. A server in lame duck mode ends its
 * connections when it is ready to, which is a return like any other.
 */
export class NatsLink {
  readonly #config: NatsConfig
  readonly #deps: LinkDeps
  readonly #user: LinkUser
  readonly #servers: readonly ServerAddress[]
  readonly #authenticator: Authenticator | undefined
  readonly #stopping = new AbortController()
  /** What was said last of each server, so that it is not said again. */
  readonly #problems = new Map<string, string>()
  #connection: NatsConnection | undefined
  #isSettled = false
  #running: Promise<void> = Promise.resolve()
  #failures = 0

  private constructor(config: NatsConfig, deps: LinkDeps, user: LinkUser) {
    this.#config = config
    this.#deps = deps
    this.#user = user
    this.#servers = config.servers.map(addressOf)
    this.#authenticator = authenticatorOf(config)
    if (config.tls) checkTlsMaterial(config.tls)
  }

  /**
   * Resolves once it is connected or each server has been tried; goes on trying until it is disposed of. Rejects with
   * NatsConfigError for what cannot become right.
   */
  static async open(config: NatsConfig, deps: LinkDeps, user: LinkUser): Promise<NatsLink> {
    const link = new NatsLink(config, deps, user)
    const tried = Promise.withResolvers<void>()
    link.#running = link.#run(tried.resolve)
    await tried.promise
    return link
  }

  /** Host and port of the server; undefined while there is no connection on which everything is in effect. */
  get server(): string | undefined {
    return this.#isSettled ? this.#connection?.getServer() : undefined
  }

  /** Resolves once the server has taken in all that was sent and subscribed to; at once without a connection. */
  async flush(): Promise<void> {
    const connection = this.#connection
    if (connection) await Promise.race([isFlushed(connection), connection.closed()])
  }

  /** Sends what can be sent within a second, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      await Promise.race([this.flush(), this.#elapse(flushTimeoutMs)])
      this.#stopping.abort()
      await this.#connection?.close()
    }
    await this.#running
  }

  async #run(tried: () => void): Promise<void> {
    // NOTE: processes begin with different servers, so that each server gets its share of them.
    const first = this.#deps.ids.number()
    for (let turn = 0; !this.#stopping.signal.aborted; turn += 1) {
      const server = this.#servers[(first + turn) % this.#servers.length] as ServerAddress
      try {
        await this.#serve(server, await this.#dial(server), tried)
        this.#failures = 0
      } catch (error) {
        this.#failures += 1
        this.#complain(server, error)
      }
      if (turn + 1 >= this.#servers.length) tried()
      await this.#elapse(this.#retryMs())
    }
    tried()
  }

  async #dial(server: ServerAddress): Promise<NatsConnection> {
    const { name, tls } = this.#config
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(dialTimeoutMs)])
    const greeting = await awaitGreeting(server, signal)
    if (tls?.cert === undefined && asksForCertificate(greeting)) {
      throw new Error('it asks for a TLS certificate of ours: set tls.cert and tls.key')
    }
    return await connect({
      servers: `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`,
      name,
      timeout: dialTimeoutMs,
      reconnect: false,
      ignoreClusterUpdates: true,
      // NOTE: our own listeners hear our own messages without the servers' help.
      noEcho: true,
      noAsyncTraces: true,
      ...ping,
      ...(this.#authenticator && { authenticator: this.#authenticator }),
      ...((tls || server.tls) && { tls: tlsOptions(tls, server.host) }),
    })
  }

  /** Uses a connection until it ends. Rejects when it could not be used, or when the server ended it with an error. */
  async #serve(server: ServerAddress, connection: NatsConnection, tried: () => void): Promise<void> {
    const end = endOf(connection, (error) => this.#complain(server, error))
    this.#connection = connection
    try {
      if (this.#stopping.signal.aborted) return
      this.#user.opened(connection)
      // NOTE: the second answer comes when all that the server said before the first one, e.g. "forbidden", was acted upon.
      const answered = isFlushed(connection).then((flushed) => flushed && isFlushed(connection))
      const settled = await Promise.race([answered, end.then(() => false)])
      if (settled) {
        this.#isSettled = true
        this.#problems.clear()
        this.#deps.events.connected(server.url)
        this.#user.settled()
        tried()
      }
      const { detail, error } = await end
      if (settled && !this.#stopping.signal.aborted) this.#deps.events.disconnected(`${server.url}: ${detail}`)
      if (error || !settled) throw error ?? new Error(detail)
    } finally {
      this.#connection = undefined
      this.#isSettled = false
      this.#user.closed()
      await connection.close()
    }
  }

  #complain(server: ServerAddress, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    const problem = problemText(server.url, error, this.#config)
    if (this.#problems.get(server.url) === problem) return
    this.#problems.set(server.url, problem)
    this.#deps.events.problem(problem)
  }

  /** Longer with each failure, and not the same for all processes that lost the same server. */
  #retryMs(): number {
    const most = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 10))
    return most / 2 + (most / 2) * (this.#deps.ids.number() / 2 ** 31)
  }

  /** Resolves after `ms`, or when the link stops. */
  async #elapse(ms: number): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = () => resolve()
    signal.addEventListener('abort', stop)
    const cancel = this.#deps.clock.after(ms, stop)
    await promise
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

interface End {
  readonly detail: string
  /** What the server said, when it said something. */
  readonly error?: Error
}

/** Waits for the end of a connection; `forbidden` hears of each message that the server did not let us publish. */
async function endOf(connection: NatsConnection, forbidden: (error: Error) => void): Promise<End> {
  let end: End = { detail: 'the server closed the connection' }
  for await (const status of connection.status()) {
    if (status.type === 'staleConnection') end = { detail: 'the server does not answer' }
    else if (status.type !== 'error') continue
    // NOTE: what a process is not allowed to say costs it nothing that it hears, so it stays.
    else if (status.error instanceof errors.PermissionViolationError && status.error.operation === 'publish') {
      forbidden(status.error)
      continue
    } else end = { detail: quoted(status.error), error: status.error }
    // NOTE: the library's own end of a stale connection waits until the server has taken in what was written.
    await connection.close()
  }
  await connection.closed()
  return end
}

/** Whether the server answered before the connection was closed; never, when it is closed meanwhile. */
function isFlushed(connection: NatsConnection): Promise<boolean> {
  return connection.flush().then(
    () => true,
    () => false,
  )
}

// NOTE: the library checks a certificate against `localhost` when the server is given by its address.
function tlsOptions(tls: NatsConfig['tls'], host: string): Record<string, unknown> {
  return {
    ...Object.fromEntries(Object.entries(tls ?? {}).filter(([, text]) => text !== undefined)),
    checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(host, certificate),
  }
}

function addressOf(url: string): ServerAddress {
  const address = parseServerAddress(url)
  if (!address) throw new NatsConfigError('servers must be nats://HOST:PORT or tls://HOST:PORT')
  return address
}

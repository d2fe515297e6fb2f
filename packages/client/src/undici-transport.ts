import { header } from '@parley/protocol'
import { Client, type Dispatcher, Pool } from 'undici'
import { type Authentication, parseChallenges } from './authentication.ts'
import { TransportError } from './client-error.ts'
import type {
  RvpTransport,
  RvpTransportHead,
  RvpTransportRequest,
  RvpTransportResponse,
  RvpTransportStream,
} from './transport.ts'
import { transportErrorOf } from './undici-error.ts'

/** How to reach the server, and within which limits. */
export interface UndiciTransportOptions {
  /** Where to connect: `http://host:port` or `https://host:port`; the Host header still names the IM domain. */
  readonly server: string
  /** Without it, a 401 is the final answer. */
  readonly authentication?: Authentication
  /** Certificate authorities to trust instead of the system's, PEM. */
  readonly ca?: string
  /** Time for an answer, as in real clients (client-facts §1.2: 30 s). */
  readonly timeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Longest silence of a stream before it counts as broken: two heartbeats (docs/protocol/streams.md). */
  readonly streamIdleMs?: number
  readonly maxConnections?: number
  readonly maxResponseBytes?: number
}

const defaults = {
  timeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  streamIdleMs: 50_000,
  maxConnections: 4,
  maxResponseBytes: 1 << 20,
}
const maxRedirects = 5
const maxChallengeRounds = 4

interface Address {
  readonly origin: string
  readonly host: string
  readonly path: string
}

interface Answer {
  readonly data: Dispatcher.ResponseData
  readonly url: string
  readonly direct: boolean
}

/** Requests over undici. Connections open on the first request. */
export class UndiciTransport implements RvpTransport {
  readonly #options: UndiciTransportOptions & typeof defaults
  readonly #serverOrigin: string
  readonly #dispatchers = new Map<string, Dispatcher>()
  /** Dispatchers of open streams, one each. */
  readonly #streams = new Set<Client>()
  /** Requests of a scheme that proves connections take turns, since a handshake must not be interleaved. */
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: UndiciTransportOptions) {
    this.#options = { ...defaults, ...options }
    const server = URL.parse(options.server)
    if (server?.protocol !== 'http:' && server?.protocol !== 'https:') {
      throw new TransportError('unreachable', 'the server must be given as http://host:port or https://host:port')
    }
    this.#serverOrigin = server.origin
  }

  async send(request: RvpTransportRequest): Promise<RvpTransportResponse> {
    const { timeoutMs } = this.#options
    const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const isPinned = !request.anonymous && (this.#options.authentication?.perConnection ?? false)
    const exchange = async (): Promise<RvpTransportResponse> => {
      const answer = await this.#negotiate(request, limits, (address) => this.#shared(address, isPinned))
      return { ...headOf(answer), body: await this.#readBody(answer.data) }
    }
    return await translated(() => (isPinned ? this.#inTurn(exchange) : exchange()))
  }

  async open(request: RvpTransportRequest): Promise<RvpTransportStream> {
    const { timeoutMs, streamIdleMs } = this.#options
    const limits = { headersTimeout: timeoutMs, bodyTimeout: streamIdleMs }
    // A stream keeps its connection for itself, and must not make other requests wait.
    const opened: Client[] = []
    const own = new Map<string, Client>()
    const dispatcherFor = (address: Address): Dispatcher => {
      if (this.#closed) throw new TransportError('aborted', 'the transport is closed')
      const known = own.get(keyOf(address))
      if (known) return known
      const client = new Client(address.origin, this.#connectionOptions())
      opened.push(client)
      this.#streams.add(client)
      own.set(keyOf(address), client)
      return client
    }
    const release = async (): Promise<void> => {
      for (const client of opened) this.#streams.delete(client)
      await Promise.all(opened.map((client) => client.destroy()))
    }
    // Also when nobody ever reads the body.
    request.signal?.addEventListener('abort', () => void release(), { once: true })
    return await translated(async () => {
      try {
        const answer = await this.#negotiate(request, limits, dispatcherFor)
        return { ...headOf(answer), chunks: chunksOf(answer.data, release) }
      } catch (error) {
        await release()
        throw error
      }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#dispatchers.values(), ...this.#streams]
    this.#dispatchers.clear()
    this.#streams.clear()
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
  }

  /** One request with its challenges and redirects; resolves with an answer whose body nobody has read. */
  async #negotiate(
    request: RvpTransportRequest,
    limits: { headersTimeout: number; bodyTimeout: number },
    dispatcherFor: (address: Address) => Dispatcher,
  ): Promise<Answer> {
    let address = this.#addressOf(request)
    for (let redirects = 0; ; redirects++) {
      const data = await this.#authenticated(request, address, limits, dispatcherFor(address))
      if (data.statusCode !== 302) {
        if (redirects === 0) return { data, url: request.url, direct: request.direct ?? false }
        return { data, url: `${address.origin}${address.path}`, direct: true }
      }
      await data.body.dump()
      if (redirects === maxRedirects) throw new TransportError('protocol', 'the server redirects in a circle')
      address = redirected(address, data.headers.location)
    }
  }

  async #authenticated(
    request: RvpTransportRequest,
    address: Address,
    limits: { headersTimeout: number; bodyTimeout: number },
    dispatcher: Dispatcher,
  ): Promise<Dispatcher.ResponseData> {
    const { origin, path, host } = address
    const { authentication } = this.#options
    const attempt = request.anonymous
      ? undefined
      : authentication?.attempt({ method: request.method, uri: path, origin, foreign: origin !== this.#serverOrigin })
    let authorization = attempt?.first()
    for (let round = 0; ; round++) {
      const headers: [string, string][] = [[header.host, host]]
      for (const [name, value] of request.headers) headers.push([name, value])
      if (authorization !== undefined) headers.push([header.authorization, authorization])
      const data = await dispatcher.request({
        ...limits,
        path,
        method: request.method,
        headers: headers.flat(),
        body: request.body ?? null,
        // NOTE: undici closes the connection after a body on a method it takes for body-less, as NOTIFY and ACL.
        reset: false,
        ...(request.signal && { signal: request.signal }),
      })
      if (data.statusCode !== 401 || !attempt || round === maxChallengeRounds) return data
      authorization = await attempt.next(parseChallenges([data.headers['www-authenticate'] ?? []].flat()))
      if (authorization === undefined) return data
      // The connection is kept for the retry (client-facts §5, 10), so what is left on it must be read.
      await data.body.dump()
    }
  }

  async #readBody(data: Dispatcher.ResponseData): Promise<string> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of data.body) {
      size += chunk.length
      if (size > this.#options.maxResponseBytes) throw new TransportError('protocol', 'the answer is too large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  #addressOf(request: RvpTransportRequest): Address {
    const url = URL.parse(request.url)
    if (!url) throw new TransportError('protocol', 'not an absolute URL')
    return { origin: request.direct ? url.origin : this.#serverOrigin, host: url.host, path: url.pathname + url.search }
  }

  #shared(address: Address, isPinned: boolean): Dispatcher {
    if (this.#closed) throw new TransportError('aborted', 'the transport is closed')
    const key = `${keyOf(address)}${isPinned ? ' pinned' : ''}`
    const known = this.#dispatchers.get(key)
    if (known) return known
    const made = isPinned
      ? new Client(address.origin, this.#connectionOptions())
      : new Pool(address.origin, { ...this.#connectionOptions(), connections: this.#options.maxConnections })
    this.#dispatchers.set(key, made)
    return made
  }

  #connectionOptions(): Client.Options {
    const { ca, connectTimeoutMs } = this.#options
    return { connect: { timeout: connectTimeoutMs, ...(ca !== undefined && { ca }) } }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

/** A connection serves one Host only, since over TLS its certificate was checked for that name. */
function keyOf({ origin, host }: Address): string {
  return `${origin} ${host}`
}

/**
 * Only an absolute Location will do (client-facts §5, 44), and none that gives TLS up. One within the same logical host, as
 * of a renamed user, stays at the server that the user has named: a logical URL tells neither its port nor its scheme.
 */
function redirected(from: Address, location: string | string[] | undefined): Address {
  const url = typeof location === 'string' ? URL.parse(location) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TransportError('protocol', 'the server redirects to nowhere')
  }
  if (url.host === from.host) return { ...from, path: url.pathname + url.search }
  if (from.origin.startsWith('https:') && url.protocol === 'http:') {
    throw new TransportError('certificate', 'the server redirects from TLS to plain text')
  }
  return { origin: url.origin, host: url.host, path: url.pathname + url.search }
}

function headOf({ data, url, direct }: Answer): RvpTransportHead {
  return {
    status: data.statusCode,
    url,
    direct,
    header(name) {
      const value = data.headers[name.toLowerCase()]
      return Array.isArray(value) ? value[0] : value
    },
  }
}

async function* chunksOf(data: Dispatcher.ResponseData, release: () => Promise<void>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  try {
    for await (const chunk of data.body) yield decoder.decode(chunk, { stream: true })
  } catch (error) {
    throw transportErrorOf(error)
  } finally {
    await release()
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw transportErrorOf(error)
  }
}

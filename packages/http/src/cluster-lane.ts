import type { Clock, HomeLease } from '@parley/domain'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import type { Exchange } from './cluster-exchange.ts'

/** A request that is to be sent, but for what is the same for all. */
export type LaneRequest = Pick<Dispatcher.DispatchOptions, 'method' | 'path' | 'headers' | 'body' | 'headersTimeout'>

export interface LaneOptions {
  readonly connect: buildConnector.connector
  readonly connections: number
  /** Requests that may be under way on one connection; more than one for reads only, which never wait for anything. */
  readonly pipelining: number
  readonly idleMs: number
  /** Requests that wait for a connection, and for how long. */
  readonly waiting: number
  readonly waitMs: number
  readonly clock: Clock
}

interface Waiting {
  readonly lease: HomeLease | undefined
  readonly request: LaneRequest
  readonly exchange: Exchange
  readonly until: number
}

/** One connection, and how many requests are under way on it. */
interface Connection {
  readonly client: Client
  underWay: number
  /** To be called when one of them is over. */
  readonly settled: () => void
}

/**
 * The connections to one process for requests of one kind, so that those of another kind never wait behind them.
 *
 * NOTE: undici's Pool looks through all of its connections for one that is free, and hears from each of them after each answer.
 */
export class Lane {
  readonly #clusterUrl: string
  readonly #options: LaneOptions
  readonly #connections: Connection[] = []
  /** Connections that can take a request more; the last one is taken first, so that those that are not needed fall idle. */
  readonly #free: Connection[] = []
  #underWay = 0
  #waiting: Waiting[] = []
  #isTiming = false

  constructor(clusterUrl: string, options: LaneOptions) {
    this.#clusterUrl = clusterUrl
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** Sends a request, for the home of `lease` if it is for one, or lets it wait for its turn; `exchange` tells what became of it. */
  send(request: LaneRequest, exchange: Exchange, lease?: HomeLease): void {
    const connection = this.#free.at(-1) ?? this.#another()
    if (connection) this.#start(connection, request, exchange)
    else if (this.#waiting.length >= this.#options.waiting) exchange.refuse('too many requests wait for one process')
    else this.#wait(request, exchange, lease)
  }

  /** Refuses what waits by an older lease of the same home. */
  superseded({ home, epoch }: HomeLease): void {
    const isOver = ({ lease }: Waiting): boolean => lease?.home === home && lease.epoch < epoch
    this.#refuseWaiting(isOver, 'the home has another holder')
  }

  /** Ends whatever is under way. */
  async destroy(): Promise<void> {
    this.#refuseWaiting(() => true, 'the connections are closed')
    await Promise.all(this.#connections.map(({ client }) => client.destroy()))
  }

  #start(connection: Connection, request: LaneRequest, exchange: Exchange): void {
    const { pipelining } = this.#options
    this.#underWay += 1
    connection.underWay += 1
    if (connection.underWay === pipelining) this.#free.pop()
    exchange.onSettled = connection.settled
    // NOTE: without `reset: false` undici closes the connection after a body that it does not expect, e.g. that of a NOTIFY;
    // without the other two it would pipeline nothing.
    const { headersTimeout: bodyTimeout = null } = request
    const options = { ...request, bodyTimeout, reset: false, idempotent: pipelining > 1, blocking: false }
    connection.client.dispatch(options, exchange)
  }

  /** One more connection, if there may be one; it connects when it is used. */
  #another(): Connection | undefined {
    const { connect, connections, pipelining, idleMs } = this.#options
    if (this.#connections.length >= connections) return undefined
    const client = new Client(this.#clusterUrl, { connect, pipelining, keepAliveTimeout: idleMs })
    const connection: Connection = { client, underWay: 0, settled: () => this.#settled(connection) }
    this.#connections.push(connection)
    this.#free.push(connection)
    return connection
  }

  #settled(connection: Connection): void {
    this.#underWay -= 1
    if (connection.underWay === this.#options.pipelining) this.#free.push(connection)
    connection.underWay -= 1
    const next = this.#waiting.shift()
    if (next) this.#start(connection, next.request, next.exchange)
  }

  #wait(request: LaneRequest, exchange: Exchange, lease: HomeLease | undefined): void {
    const { clock, waitMs } = this.#options
    this.#waiting.push({ lease, request, exchange, until: clock.elapsed() + waitMs })
    if (!this.#isTiming) this.#timeWaiting(waitMs)
  }

  /** One timer for all that wait: the first one's time is up first. */
  #timeWaiting(ms: number): void {
    const { clock } = this.#options
    this.#isTiming = true
    clock.after(ms, () => {
      this.#isTiming = false
      const now = clock.elapsed()
      this.#refuseWaiting(({ until }) => until <= now, 'no connection to the process became free in time')
      const [first] = this.#waiting
      if (first) this.#timeWaiting(first.until - now)
    })
  }

  #refuseWaiting(isRefused: (waiting: Waiting) => boolean, reason: string): void {
    const refused = this.#waiting.filter(isRefused)
    if (refused.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => !isRefused(waiting))
    for (const { exchange } of refused) exchange.refuse(reason)
  }
}

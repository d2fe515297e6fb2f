import type { Clock } from '@parley/domain'
import { type buildConnector, type Dispatcher, Pool } from 'undici'
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
  readonly request: LaneRequest
  readonly exchange: Exchange
  readonly until: number
}

/** The connections to one process for requests of one kind, so that those of another kind never wait behind them. */
export class Lane {
  readonly #pool: Pool
  readonly #options: LaneOptions
  readonly #capacity: number
  #underWay = 0
  #waiting: Waiting[] = []
  #isTiming = false

  constructor(clusterUrl: string, options: LaneOptions) {
    const { connect, connections, pipelining, idleMs } = options
    this.#options = options
    this.#capacity = connections * pipelining
    this.#pool = new Pool(clusterUrl, { connect, connections, pipelining, keepAliveTimeout: idleMs })
  }

  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** Sends a request, or lets it wait for its turn; `exchange` tells what became of it. */
  send(request: LaneRequest, exchange: Exchange): void {
    if (this.#underWay < this.#capacity) this.#start(request, exchange)
    else if (this.#waiting.length >= this.#options.waiting) exchange.refuse('too many requests wait for one process')
    else this.#wait(request, exchange)
  }

  /** Ends whatever is under way. */
  async destroy(): Promise<void> {
    this.#refuseWaiting(Number.POSITIVE_INFINITY)
    await this.#pool.destroy()
  }

  #start(request: LaneRequest, exchange: Exchange): void {
    this.#underWay++
    exchange.onSettled = this.#settled
    // NOTE: without `reset: false` undici closes the connection after a body that it does not expect, e.g. that of a NOTIFY;
    // without the other two it would pipeline nothing.
    const options = { ...request, reset: false, idempotent: this.#options.pipelining > 1, blocking: false }
    this.#pool.dispatch(options, exchange)
  }

  readonly #settled = (): void => {
    this.#underWay--
    const next = this.#waiting.shift()
    if (next) this.#start(next.request, next.exchange)
  }

  #wait(request: LaneRequest, exchange: Exchange): void {
    const { clock, waitMs } = this.#options
    this.#waiting.push({ request, exchange, until: clock.elapsed() + waitMs })
    if (!this.#isTiming) this.#timeWaiting(waitMs)
  }

  /** One timer for all that wait: the first one's time is up first. */
  #timeWaiting(ms: number): void {
    const { clock } = this.#options
    this.#isTiming = true
    clock.after(ms, () => {
      this.#isTiming = false
      const now = clock.elapsed()
      this.#refuseWaiting(now)
      const [first] = this.#waiting
      if (first) this.#timeWaiting(first.until - now)
    })
  }

  #refuseWaiting(now: number): void {
    const late = this.#waiting.filter(({ until }) => until <= now)
    this.#waiting = this.#waiting.filter(({ until }) => until > now)
    for (const { exchange } of late) exchange.refuse('no connection to the process became free in time')
  }
}

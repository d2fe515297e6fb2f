import type { HomeLease, HomeName } from '@parley/domain'
import { RvpError } from '@parley/protocol'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'

/** The process that was asked does not hold the home (any more): nothing was done, and another one is to be looked up. */
export class NotHeldError extends RvpError {
  override readonly name = 'NotHeldError'
  readonly status = 503

  constructor() {
    super('the home server is being handed over', { headers: [['Retry-After', '5']] })
  }
}

/** The process that was asked could not be reached, or its answer did not come. */
export class NodeUnreachableError extends RvpError {
  override readonly name = 'NodeUnreachableError'
  readonly status = 503
  /** Whether the request may have been carried out: then only one that may run twice can be sent again. */
  readonly mayHaveArrived: boolean
  /** Whether it was sent, and the answer did not come in time. */
  readonly timedOut: boolean

  constructor(detail: string, options: { mayHaveArrived: boolean; timedOut?: boolean; cause?: unknown }) {
    super('the home server does not answer', { detail, cause: options.cause, headers: [['Retry-After', '5']] })
    this.mayHaveArrived = options.mayHaveArrived
    this.timedOut = options.timedOut ?? false
  }
}

/** A node answered a call with an error: its status, and the sentence that it has for peers. */
export class NodeAnsweredError extends RvpError {
  override readonly name = 'NodeAnsweredError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message.trim().slice(0, 500), { detail: `a node of the cluster answered ${status}: ${message.trim()}` })
    this.status = status
  }
}

/** What homes ask of each other beside RVP: the calls of HomePeers, and what is asked of the process that holds a home. */
export const clusterCalls = ['report', 'changesSince', 'adopt', 'moveNode', 'status', 'handBack'] as const

export type ClusterCall = (typeof clusterCalls)[number]

/** Sends requests to the processes of the cluster, signed (design.md, "Identity"). */
export interface ClusterClient extends AsyncDisposable {
  /**
   * Hands an authenticated request to the holder of a home, and its answer back as it is, whatever its status. Rejects with
   * NotHeldError or NodeUnreachableError; with UnavailableError when the holder does not believe our identity.
   */
  forward(lease: HomeLease, request: RvpRequest): Promise<RvpResponse>
  /** Passes a request for a stream's path on (docs/protocol/streams.md); rejects as `forward`. */
  stream(lease: HomeLease, request: HttpRequest): Promise<HttpResponse>
  /** Makes a call from one home, or from a tool, to a home; resolves with its JSON answer. Rejects with NodeAnsweredError, and as `forward`. */
  call(lease: HomeLease, call: ClusterCall, body: unknown): Promise<unknown>
  /** A home has a new holder: what was to be sent to an earlier one, and was not, is rejected as never sent. */
  superseded(by: HomeLease): void
}

/** The homes that a process holds now, as its cluster endpoint sees them. */
export type HeldHomes<Held> = (home: HomeName) => Held | undefined

import type { LogicalUrl } from '@parley/protocol'

/** What is known about a request when its answer is ready; never its body or credentials. */
export interface FinishedRequest {
  readonly reqId: string
  readonly method: string
  readonly node: LogicalUrl | undefined
  readonly principal: LogicalUrl | undefined
  readonly peer: string
  readonly status: number
  readonly durationMs: number
  /** The trace that it is part of, if it is traced. */
  readonly traceId?: string
  /** Why it failed, if it did: the private side of an RvpError, or a bug of ours. */
  readonly err?: unknown
}

/** What the edge reports about itself. */
export interface EdgeEvents {
  requestFinished(request: FinishedRequest): void
  /** A wrong proof: `account` is the name that was claimed, whether or not it exists. */
  signInFailed(failure: { readonly account: string; readonly peer: string; readonly reqId: string }): void
}

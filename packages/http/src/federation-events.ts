import type { FinishedRequest } from './edge-events.ts'

/** What became of a request to or from another IM domain: its answer, or why there was none. */
export interface FederatedExchange {
  /** One of the policy. */
  readonly domain: string
  /** `outbound`: from us to the domain. */
  readonly direction: 'inbound' | 'outbound'
  readonly reqId: string
  readonly method: string
  readonly status: number
  /** Why it failed on the way. */
  readonly err?: unknown
}

/** What federation reports about itself. */
export interface FederationEvents {
  exchanged(exchange: FederatedExchange): void
  /** Somebody who could not prove that it speaks for a domain of the policy was turned away. */
  refused(refused: { readonly peer: string; readonly reqId: string; readonly reason: string }): void
  /** A domain does not answer, so that requests to it are refused at once; or it answers again. */
  reachable(domain: string, isReachable: boolean): void
  /** A request of another domain was answered, or one that nobody could prove. */
  requestFinished(request: FinishedRequest): void
}

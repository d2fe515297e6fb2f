export { Addressing, type ServedDomain } from './addressing.ts'
export type { CallbackLimits } from './callback-limits.ts'
export { createEdge, type EdgeOptions, type StreamEndpoint } from './edge.ts'
export type { EdgeEvents, FinishedRequest } from './edge-events.ts'
export type {
  HttpConnectionInfo,
  HttpHandler,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  ResponseSink,
} from './http-message.ts'
export { createInboxes } from './inboxes.ts'
export type { RvpRequest, RvpResponse, RvpService } from './rvp-exchange.ts'
export { StreamHub, streamPath } from './stream-hub.ts'
export type { StreamLimits } from './stream-limits.ts'

/**
 * HTTP as RVP needs it: the listener, the edge behind it that authenticates and addresses requests, and the inboxes through
 * which devices are reached.
 */
export { Addressing, type ServedDomain } from './addressing.ts'
export { appRoot } from './app-root.ts'
export type { CallbackLimits } from './callback-limits.ts'
export { parseHandBackAnswer } from './cluster-calls.ts'
export {
  type ClusterCall,
  type ClusterClient,
  type HeldHomes,
  NodeAnsweredError,
  NodeUnreachableError,
  NotHeldError,
} from './cluster-client.ts'
export { type ClusterClientLimits, defaultClusterClientLimits } from './cluster-client-limits.ts'
export { type ClusterClientOptions, createClusterClient } from './cluster-client-undici.ts'
export {
  type ClusterEndpointEvents,
  type ClusterEndpointOptions,
  clusterListenerLimits,
  createClusterEndpoint,
  type HeldHome,
} from './cluster-endpoint.ts'
export { type ClusterKey, ClusterKeys } from './cluster-keys.ts'
export { ClusterPeers, type ClusterPeersOptions } from './cluster-peers.ts'
export { createEdge, type EdgeOptions, type StreamEndpoint } from './edge.ts'
export type { AppCaller, EdgeApp } from './edge-app.ts'
export type { EdgeDocument, EdgeDocuments } from './edge-documents.ts'
export type { EdgeEvents, FinishedRequest } from './edge-events.ts'
export type { Accounts, SignInOptions } from './edge-sign-in.ts'
export { FederationClient, type FederationClientOptions, type FederationRoute } from './federation-client.ts'
export type { FederationCertificate } from './federation-connections.ts'
export { DirectRoute } from './federation-direct.ts'
export { createNameService, type NameService } from './federation-dns.ts'
export { EgressRoute } from './federation-egress.ts'
export {
  createFederationEndpoint,
  type FederationEndpointOptions,
  federationListenerLimits,
} from './federation-endpoint.ts'
export type { FederatedExchange, FederationEvents } from './federation-events.ts'
export {
  defaultFederationLimits,
  type FederatedDomain,
  type FederationLimits,
  FederationPolicy,
} from './federation-policy.ts'
export { DomainServers, defaultFederationPort } from './federation-servers.ts'
export type {
  HttpConnectionInfo,
  HttpHandler,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  PeerCertificate,
  ResponseSink,
} from './http-message.ts'
export type { MayDeliver } from './inbox-callback.ts'
export { createInboxes, createInboxesOfHomes, type InboxesOptions } from './inboxes.ts'
export { type Listener, type ListenerOptions, type ListenerTls, openListener } from './listener.ts'
export type { ListenerEvents } from './listener-events.ts'
export { connectionsAllowedFrom, defaultListenerLimits, type ListenerLimits } from './listener-limits.ts'
export type { ListenerLoad } from './listener-load.ts'
export { LocalHomes, type LocalHomesOptions } from './local-homes.ts'
export { createPeopleApp, type PeopleAppOptions } from './people-app.ts'
export { peopleOpenApi } from './people-openapi.ts'
export { criteriaOf, type PeoplePolicy } from './people-policy.ts'
export { type FoundAnswer, foundSchema, type PersonAnswer } from './people-schemas.ts'
export { behindTrustedProxies, type ProxiedClientsOptions } from './proxied-clients.ts'
export type { RvpRequest, RvpResponse, RvpService } from './rvp-exchange.ts'
export { StreamHub, streamPath, streamTokenOf } from './stream-hub.ts'
export type { StreamLimits } from './stream-limits.ts'
export { createStreamToken, nodeOfStreamToken } from './stream-token.ts'
export { type TracedEdgeOptions, tracedEdge } from './traced-edge.ts'

/**
 * Nodes, presence, subscriptions, leases, access; and the ports through which they reach the world. Knows nothing of HTTP,
 * stores or buses: an adapter of a port lives in a package of its own and passes the port's contract suite (`./contracts`).
 */
export type { Authenticator, AuthOutcome, AuthRequest, ConnectionAuthenticator } from './authenticator.ts'
export { type Clock, systemClock } from './clock.ts'
export { ManualClock } from './clock-manual.ts'
export type { CredentialSource, DigestAttempt, NtlmAttempt } from './credential-source.ts'
export type { Directory, DirectoryUser } from './directory.ts'
export { type AuthScheme, credentialKindOf, type Identity } from './identity.ts'
export { type Ids, systemIds } from './ids.ts'
export type { Delivery, DeliveryOutcome, Inbox, InboxEvents, InboxFactory, ProbingInbox } from './inbox.ts'
export {
  CorruptStoreError,
  type DeliveryTarget,
  type Epoch,
  type NodeChange,
  type NodeKind,
  type NodeStore,
  StaleEpochError,
  type StoredNode,
  type StoredNodeHead,
  type StoredProperty,
  type StoredSubscription,
  type StoredView,
  type SubscriptionId,
  type ViewId,
} from './node-store.ts'
export { NodeStoreMemory } from './node-store-memory.ts'
export type { StatusBus, StatusChange } from './status-bus.ts'
export { StatusBusMemory } from './status-bus-memory.ts'
